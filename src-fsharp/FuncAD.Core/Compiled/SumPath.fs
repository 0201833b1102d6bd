namespace FuncAD.Compiled

open System
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>
/// A sum over data along the path that some parameters and a datum take: one program for the parameters alone, one for each datum, and one
/// on the sums. Where the third might give another result than the loop over the data, the whole sum is computed for each datum instead.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal SumPath(parts: SumSplit, values: int, options: CompileOptions) =
    let shared = parts.Once.Outputs.Length
    let before, after = PointCode(parts.Once, options.Mode), PointCode(parts.After, options.Mode)
    let addends = Summation(parts.Addends, shared, options)
    let gains = Gains parts.After
    let results = lazy (if parts.IsApart then Summation(parts.Each, shared, options) else addends)

    /// Runs a program at one point; null if the point takes another path.
    let run (program: Program) (code: ScalarCode) (point: float[]) : float[] =
        let results = Array.zeroCreate<float> program.Outputs.Length
        let scratch = Array.zeroCreate<float> code.Scratch
        use inputs = fixed &MemoryMarshal.GetArrayDataReference point
        use memory = fixed scratch
        use outputs = fixed &MemoryMarshal.GetArrayDataReference results
        if code.Run(inputs, memory, outputs) then results else null

    /// The sums of the results from those of the addends; null if the loop over the data might give something else.
    let finish (numbers: float[]) (sums: float[]) (count: int) : float[] =
        let inputs = Array.concat [ numbers; sums; parts.Multiples(numbers, count) ]
        let total = run parts.After after.Current inputs
        if Array.forall Double.IsFinite total[values..] && gains.AreHarmless inputs then total else null

    /// True if parameters and a datum take this path.
    member _.IsTaken(parameters: float[], datum: float[]) : bool =
        match run parts.Once (Interpreter parts.Once) parameters with
        | null -> false
        | numbers -> not (isNull (run parts.Each (Interpreter parts.Each) (Array.append numbers datum)))

    /// The sums over the data that take this path and whose results are not in doubt, and the indices of the other data; null if the
    /// parameters take another path.
    member _.Run
        (parameters: float[], data: nativeptr<float>, count: int, cancellation: CancellationToken, progress: IProgress<float>)
        : struct (float[] * int[]) =
        match run parts.Once before.Current parameters with
        | null -> struct (null, [||])
        | numbers ->
            use pointer = fixed &MemoryMarshal.GetArrayDataReference numbers
            let struct (sums, leftOut) = addends.Run(pointer, data, count, cancellation, progress)
            match (if parts.IsApart then finish numbers sums (count - leftOut.Length) else sums) with
            | null -> results.Value.Run(pointer, data, count, cancellation, progress)
            | total -> struct (total |> Array.map (fun sum -> sum + 0.0), leftOut)

module internal SumPath =
    /// The path that parameters and a datum take, for a function whose first results, `values` of them, are values and whose others are
    /// derivatives. Null if the path cannot be relied on.
    let follow (f: Real[] -> Real[]) (values: int) (parameters: float[]) (datum: float[]) (options: CompileOptions) : SumPath =
        let path = Path.program f (Array.append parameters datum)
        if path.IsReliable then SumPath(SumSplit.split path.Program parameters.Length values, values, options) else null
