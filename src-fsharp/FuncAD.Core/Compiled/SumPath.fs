namespace FuncAD.Compiled

open System
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>
/// A sum over data along the path that some parameters and a datum take: what depends on the parameters alone runs once, the rest for each
/// datum, and what is left to do with the sums again once.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal SumPath(once: Program, each: Program, finish: Program, options: CompileOptions) =
    let before, after = PointCode(once, options.Mode), PointCode(finish, options.Mode)
    let sums = Summation(each, once.Outputs.Length, options)

    /// Runs a program at one point; null if the point takes another path, or makes NaN of something uncertain.
    let run (program: Program) (code: ScalarCode) (point: float[]) : float[] =
        let results = Array.zeroCreate<float> program.Outputs.Length
        let scratch = Array.zeroCreate<float> code.Scratch
        use inputs = fixed &MemoryMarshal.GetArrayDataReference point
        use memory = fixed scratch
        use outputs = fixed &MemoryMarshal.GetArrayDataReference results
        if code.Run(inputs, memory, outputs) && not (program.IsUncertain && Array.exists Double.IsNaN results) then results else null

    /// The sums over the data that take this path, and the indices of the others; null if the parameters take another path.
    member _.Run(parameters: float[], data: nativeptr<float>, count: int, cancellation: CancellationToken, progress: IProgress<float>) : struct (float[] * int[]) =
        match run once before.Current parameters with
        | null -> struct (null, [||])
        | shared ->
            use pointer = fixed &MemoryMarshal.GetArrayDataReference shared
            let struct (total, leftOut) = sums.Run(pointer, data, count, cancellation, progress)
            struct (run finish after.Current (Array.append parameters total), leftOut)

module internal SumPath =
    let private zeros count = Array.create count 0.0

    /// The sums of a function's results: what it does with the parameters alone is done once.
    let ofResults (f: Real[] -> Real[]) (parameters: float[]) (datum: float[]) (options: CompileOptions) : SumPath =
        let path = Path.program f (Array.append parameters datum)
        if not path.IsReliable then null
        else
            let { Once = once; Each = each; After = after } = Hoisted.split path.Program parameters.Length
            let finish (x: Real[]) =
                let p, sums = x[.. parameters.Length - 1], x[parameters.Length ..]
                Hoisted.replay after (Array.append (Hoisted.replay once p) sums)
            let finish = Path.program finish (Array.append parameters (zeros each.Outputs.Length))
            if finish.IsReliable then SumPath(once, each, finish.Program, options) else null

    /// The sum and the gradient with respect to the parameters of a function with one result. Derivatives are summed with respect to what is computed
    /// once, s(p), and pulled back to the parameters at the end: grad sum_k g(s(p), d_k) = J_s(p)^T sum_k (dg/ds)(s(p), d_k).
    let ofGradient (f: Real[] -> Real[]) (parameters: float[]) (datum: float[]) (options: CompileOptions) : SumPath =
        let path = Path.source f (Array.append parameters datum)
        if not path.IsReliable then null
        else
            let struct (once, each) = Hoisted.splitOnce path.Program parameters.Length
            let shared = once.Outputs.Length
            let valueAndGradient (x: Real[]) =
                let g (s: Real[]) = (Hoisted.replay each (Array.append s x[shared..]))[0]
                let struct (value, gradient) = Pullback.valueAndGradient "CompileSum" g x[.. shared - 1]
                Array.append [| value |] gradient
            // The derivative, too, does some things with the parameters alone.
            let numbers = Hoisted.replay once (Array.map Real parameters) |> Array.map _.value
            let derivative = Path.program valueAndGradient (Array.append numbers datum)
            let { Once = onceMore; Each = eachOfDerivative; After = after } = Hoisted.split derivative.Program shared
            let together = Path.program (Hoisted.replay once >> Hoisted.replay onceMore) parameters
            let finish (x: Real[]) =
                let p, sums = x[.. parameters.Length - 1], x[parameters.Length ..]
                let recording = Recording<Real[], Real[]>("CompileSum", Hoisted.replay once, p)
                let totals = Hoisted.replay after (Array.append (Hoisted.replay onceMore (recording.Value)) sums)
                Array.append [| totals[0] |] (recording.Pullback totals[1..])
            let finish = Path.program finish (Array.append parameters (zeros eachOfDerivative.Outputs.Length))
            if derivative.IsReliable && together.IsReliable && finish.IsReliable then
                SumPath(together.Program, eachOfDerivative, finish.Program, options)
            else null
