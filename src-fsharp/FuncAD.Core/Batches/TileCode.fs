namespace FuncAD.Compiled

open System
open System.Numerics.Tensors
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>A tile's part in memory: pointers to the columns of inputs and outputs, and memory of its own.</summary>
[<Struct>]
type internal Tile =
    {
        Columns: nativeptr<nativeint>
        Scratch: nativeptr<float>
        /// A multiple of Loop.Widest, at most the plan's tile.
        Count: int
    }

/// <summary>Runs a program over tiles of points, stage by stage.</summary>
[<Sealed; AllowNullLiteral>]
type internal TileCode(plan: Plan, fusions: Fusion[]) =
    let program = plan.Program
    let layout = plan.Layout

    /// Constants as operands of loops.
    let constants = program.Constants

    let column (tile: Tile) (index: int) : nativeptr<float> = NativePtr.get tile.Columns index |> NativePtr.ofNativeInt

    let doubles (start: nativeptr<float>) (count: int) : Span<float> = Span(NativePtr.toVoidPtr start, count)

    /// The doubles of a value: one for each point, or one for all.
    let span (tile: Tile) (value: int) : Span<float> =
        match layout.Places[value] with
        | Place.Constant _ -> Span(constants, value - program.Inputs, 1)
        | Place.Column index -> doubles (column tile index) tile.Count
        | Place.Uniform index -> doubles (NativePtr.add (column tile 0) index) 1
        | Place.Number slot -> doubles (NativePtr.add tile.Scratch (slot * layout.Stride)) 1
        | Place.Scratch slot -> doubles (NativePtr.add tile.Scratch (slot * layout.Stride)) tile.Count
        | Place.Table _
        | Place.Group _
        | Place.Register as place ->
            invalidOp $"Value {value} is at {place}, which is no column of a tile."
            Span.Empty

    /// The outputs that are still to be copied or added up after the stages: those that are not computed in their own column, or not added
    /// up by fused lines.
    let rest =
        let fused =
            set
                [ for stage in plan.Stages do
                      match stage with
                      | Stage.Fused jobs -> yield! jobs |> Seq.collect _.Lines
                      | Stage.Kernel _ -> () ]
        let isDone (output, value) =
            if layout.IsSum then fused.Contains(value - program.First) else layout.Places[value] = Place.Column(program.Inputs + output)
        program.Outputs |> Array.indexed |> Array.filter (isDone >> not)

    /// The column of an output.
    let target (tile: Tile) (output: int) : Span<float> = doubles (column tile (program.Inputs + output)) tile.Count

    /// The eight partial sums of an output.
    let sums (tile: Tile) (output: int) : Span<float> = doubles (NativePtr.add (column tile layout.SumColumn) (8 * output)) 8

    /// Runs a line as a loop of its own. The primitive calls the loop of its rule.
    let runLine (tile: Tile) (line: int) =
        let { Primitive = primitive; A = a; B = b; C = c } = program.Lines[line]
        // The primitive does not read operands beyond its arity.
        let b = if primitive.Arity > 1 then b else a
        let c = if primitive.Arity > 2 then c else a
        primitive.OnSpans(
            Span.op_Implicit (span tile a),
            Span.op_Implicit (span tile b),
            Span.op_Implicit (span tile c),
            span tile (program.First + line)
        )

    /// Copies an output that is computed elsewhere to its column, or adds it up.
    let finish (tile: Tile) (output: int) (value: int) =
        let source = span tile value
        if layout.IsSum then
            let sums = sums tile output
            for point = 0 to tile.Count - 1 do
                let sum = &sums[point &&& 7]
                sum <- sum + source[if source.Length = 1 then 0 else point]
        elif source.Length = 1 then
            (target tile output).Fill source[0]
        else
            source.CopyTo(target tile output)

    member _.Plan = plan

    /// The doubles of scratch memory that a tile needs.
    member _.Scratch = plan.Memory

    member _.Run(tile: Tile) : unit =
        let columns, scratch = NativePtr.toNativeInt tile.Columns, NativePtr.toNativeInt tile.Scratch
        let stages = plan.Stages
        for index = 0 to stages.Length - 1 do
            match stages[index] with
            | Stage.Fused _ -> fusions[index].Invoke(columns, scratch, nativeint tile.Count * 8n)
            | Stage.Kernel(Job.Shared(kind, first, second)) ->
                let x = span tile program.Lines[first].A
                kind.OnSpans(Span.op_Implicit x, span tile (program.First + first), span tile (program.First + second))
            | Stage.Kernel(Job.Line line) -> runLine tile line
        for output, value in rest do
            finish tile output value

    /// Marks the points whose guards do not hold or whose outputs are in doubt, and returns true if there are any. Where outputs are added
    /// up, a sum is in doubt, and the marks do not tell by which points.
    member _.Reject(tile: Tile, rejected: bool[]) : bool =
        let mutable any = false
        for guard in program.Guards do
            let answers = span tile guard.Node // 0 and 1
            let holds =
                if guard.Expected then
                    TensorPrimitives.Min(Span.op_Implicit answers) = 1.0
                else
                    TensorPrimitives.Max(Span.op_Implicit answers) = 0.0
            if not holds then
                for index = 0 to answers.Length - 1 do
                    if (answers[index] <> 0.0) <> guard.Expected then rejected[index] <- true
                any <- true
        if program.IsUncertain then
            for output = 0 to program.Outputs.Length - 1 do
                let results = if layout.IsSum then sums tile output else target tile output
                // Max is NaN if one of the results is.
                if Double.IsNaN(TensorPrimitives.Max(Span.op_Implicit results)) then
                    for index = 0 to results.Length - 1 do
                        if Double.IsNaN results[index] then rejected[index] <- true
                    any <- true
        any

module internal TileCode =
    /// The bits of the vectors that batches run in.
    let bits (options: CompileOptions) : int = if options.VectorBits <> 0 then options.VectorBits else Widest.Bits

    let interpreted (program: Program) (uniform: int) : TileCode = TileCode(Plan.make program uniform false false, [||])

    let compiled (program: Program) (uniform: int) (isSum: bool) (bits: int) : TileCode =
        let plan = Plan.make program uniform isSum true
        let fusion stage =
            match stage with
            | Stage.Fused jobs -> LaneCompiler.compile plan.Layout program.Lines jobs bits
            | Stage.Kernel _ -> null
        TileCode(plan, Array.map fusion plan.Stages)
