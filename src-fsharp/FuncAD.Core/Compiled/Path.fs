namespace FuncAD.Compiled

open System
open System.Threading
open FuncAD

module internal PointCode =
    /// The runs after which interpreting has taken about as long as compiling will, so that at most twice the least possible time is spent
    /// (benchmarks/README.md has the measurement).
    [<Literal>]
    let hot = 4000

/// <summary>The code of a path's program at one point: interpreted until compiling pays.</summary>
[<Sealed>]
type internal PointCode(program: Program, mode: ExecutionMode) =
    let isCompilable = mode <> ExecutionMode.Interpreted && Backend.MayGenerateCode()
    let mutable runs = if mode = ExecutionMode.MachineCode then PointCode.hot else 0
    let mutable code: ScalarCode = Interpreter program

    let compile () =
        lock program (fun () ->
            if code :? Interpreter then
                let packed = PackedCompiler.compile (TileCode.bits (CompileOptions())) program
                Volatile.Write(&code, (if isNull packed then ScalarCompiler.compile program :> ScalarCode else packed)))

    /// The code for the next run.
    member _.Current: ScalarCode =
        if isCompilable && runs <= PointCode.hot then
            runs <- runs + 1
            if runs > PointCode.hot then compile ()
        code

/// <summary>One path through a function's branches: its program, and the structure of its results.</summary>
[<Sealed; AllowNullLiteral>]
type internal Path<'Q>(program: Program, mode: ExecutionMode, like: Skeleton, isReliable: bool, values: float[]) =
    let point = PointCode(program, mode)
    member _.Program = program

    /// The results at the point that it was traced at.
    member _.Values = values
    member _.Point = point

    /// False if the program cannot compute even the point at which it was traced.
    member _.IsReliable = isReliable
    member _.Result(numbers: float[]) : 'Q = Flatten.rebuild like (Leaves.ofNumbers (Array.map Real numbers))

module internal Path =
    /// Traces a function at a point.
    let trace (f: 'P -> 'Q) (example: Skeleton) (point: float[]) (mode: ExecutionMode) : Path<'Q> =
        let level = Tracer point
        try
            let struct (like, reader) =
                f (Flatten.argument example (Leaves.ofNumbers (Array.init point.Length level.Number))) |> Flatten.output "Compile"
            if reader.HasFunctions then reader.Fail "it holds a function, which cannot be compiled. Apply the function inside f."
            if reader.Leaves.Arrays.Length > 0 then
                reader.Fail "it holds a tensor. Compiled programs compute with single numbers: return Reals."
            let numbers = reader.Leaves.Numbers |> Array.map (fun y -> Forward.lookThrough level y.Live)
            let outputs = Array.map level.NodeOf numbers
            let struct (graph, number) = SignedZeros.simplify level.Graph outputs level.Guards
            let guards = level.Guards |> Array.map (fun guard -> { guard with Node = number[guard.Node] })
            let program =
                Program.Of(graph, outputs |> Array.map (fun node -> number[node]), guards, level.Recorded, level.Graph.IsUncertain)
            Path(program, mode, like, level.IsReliable, numbers |> Array.map (fun (y: Real) -> y.value))
        finally
            level.End()

    let checkUnchanged (operation: string) (before: float[]) (results: unit -> float[]) : unit =
        let isSame (x: float) (y: float) = x.Equals y && Double.IsNegative x = Double.IsNegative y || Double.IsNaN x && Double.IsNaN y
        let now = results ()
        if now.Length <> before.Length || not (Array.forall2 isSame before now) then
            raise (
                InvalidOperationException(
                    $"{operation}: f gives another result for the example than when it was compiled. It reads something that has changed since, or random numbers; its "
                    + "programs keep what they were traced with, and one for another branch or member would keep something else. Compile f again after a change, or make "
                    + "what changes a part of the parameters."
                )
            )
    /// The path that a point takes through a function of numbers, traced.
    let program (f: Real[] -> Real[]) (point: float[]) : Path<Real[]> =
        trace f (Flatten.ofNumbers point.Length) point ExecutionMode.Interpreted
