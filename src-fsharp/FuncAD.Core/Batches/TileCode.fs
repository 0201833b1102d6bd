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
        /// A multiple of Loop.Widest, no more than the plan's tile.
        Count: int
    }

/// <summary>Runs a program over tiles of points, stage by stage.</summary>
[<Sealed>]
type internal TileCode(plan: Plan, fusions: Fusion[]) =
    let program = plan.Program
    let places = plan.Places

    /// Constants as operands of loops.
    let constants = program.Constants

    /// The doubles of a value: one for each point, or one for all.
    let span (tile: Tile) (value: int) : Span<float> =
        let column index = NativePtr.get tile.Columns index |> NativePtr.ofNativeInt<float>
        match places[value] with
        | Place.Column index -> Span(NativePtr.toVoidPtr (column index), tile.Count)
        | Place.Uniform index -> Span(NativePtr.toVoidPtr (NativePtr.add (column 0) index), 1)
        | Place.Number slot -> Span(NativePtr.toVoidPtr (NativePtr.add tile.Scratch (slot * plan.Stride)), 1)
        | Place.Scratch slot -> Span(NativePtr.toVoidPtr (NativePtr.add tile.Scratch (slot * plan.Stride)), tile.Count)
        | _ -> Span(constants, value - program.Inputs, 1)

    /// The outputs that were not computed where they go to, or not added up by fused lines.
    let rest =
        let fused =
            set
                [ for stage in plan.Stages do
                      match stage with
                      | Stage.Fused jobs -> yield! jobs |> Seq.collect _.Lines
                      | Stage.Kernel _ -> () ]
        let isDone (output, value) =
            if plan.IsSum then fused.Contains(value - program.First) else places[value] = Place.Column(program.Inputs + output)
        program.Outputs |> Array.indexed |> Array.filter (isDone >> not)

    /// The column of an output.
    let target (tile: Tile) output : Span<float> =
        Span(NativePtr.toVoidPtr (NativePtr.ofNativeInt<float>(NativePtr.get tile.Columns (program.Inputs + output))), tile.Count)

    /// The eight partial sums of an output.
    let sums (tile: Tile) output : Span<float> =
        Span(NativePtr.toVoidPtr (NativePtr.add (NativePtr.ofNativeInt<float>(NativePtr.get tile.Columns program.Inputs)) (8 * output)), 8)

    member _.Plan = plan

    /// Doubles of scratch memory for a tile.
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
            | Stage.Kernel(Job.Line line) ->
                let { Primitive = primitive; A = a; B = b; C = c } = program.Lines[line]
                let result = span tile (program.First + line)
                // what is beyond the arity is not looked at
                let b = if primitive.Arity > 1 then b else a
                let c = if primitive.Arity > 2 then c else a
                primitive.OnSpans(Span.op_Implicit (span tile a), Span.op_Implicit (span tile b), Span.op_Implicit (span tile c), result)
        for output, value in rest do
            let source = span tile value
            if plan.IsSum then
                let sums = sums tile output
                for point = 0 to tile.Count - 1 do
                    let sum = &sums[point &&& 7]
                    sum <- sum + source[if source.Length = 1 then 0 else point]
            elif source.Length = 1 then
                (target tile output).Fill source[0]
            else
                source.CopyTo(target tile output)

    /// Marks the points whose guards do not hold, or whose outputs are in doubt. True if there are any. Where outputs are added up, some sum is in
    /// doubt, and which point made it so is not known.
    member _.Reject(tile: Tile, rejected: bool[]) : bool =
        let mutable any = false
        for guard in program.Guards do
            let answers = span tile guard.Node
            // answers are 0 and 1
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
                let results = if plan.IsSum then sums tile output else target tile output
                // NaN if one of them is
                if Double.IsNaN(TensorPrimitives.Max(Span.op_Implicit results)) then
                    for index = 0 to results.Length - 1 do
                        if Double.IsNaN results[index] then rejected[index] <- true
                    any <- true
        any

module internal TileCode =
    let bits (options: CompileOptions) : int =
        if options.VectorBits <> 0 then options.VectorBits
        elif Runtime.Intrinsics.Vector512.IsHardwareAccelerated then 512
        elif Runtime.Intrinsics.Vector256.IsHardwareAccelerated then 256
        else 128

    let interpreted (program: Program) (uniform: int) : TileCode = TileCode(Plan.make program uniform false false, [||])

    let compiled (program: Program) (uniform: int) (isSum: bool) (bits: int) : TileCode =
        let plan = Plan.make program uniform isSum true
        let fusion stage =
            match stage with
            | Stage.Fused jobs -> LaneCompiler.compile plan jobs bits
            | Stage.Kernel _ -> null
        TileCode(plan, Array.map fusion plan.Stages)
