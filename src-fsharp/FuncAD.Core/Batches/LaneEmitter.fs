namespace FuncAD.Compiled

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.Intrinsics
open FuncAD

/// <summary>A loop over the points of a tile, as machine code.</summary>
type internal Fusion = delegate of columns: nativeint * scratch: nativeint * bytes: nativeint -> unit

/// <summary>The framework's methods and operators on vectors of one width, by name.</summary>
[<Sealed>]
type internal VectorMethods(bits: int) =
    let kind, methods =
        match bits with
        | 128 -> typeof<Vector128<float>>, typeof<Vector128>
        | 256 -> typeof<Vector256<float>>, typeof<Vector256>
        | 512 -> typeof<Vector512<float>>, typeof<Vector512>
        | _ -> raise (ArgumentOutOfRangeException(nameof bits, bits, "FuncAD: vectors have 128, 256 or 512 bits."))

    let find (name: string) (parameters: Type[]) : MethodInfo =
        let isMatch (candidate: MethodInfo) = candidate.GetParameters() |> Array.map _.ParameterType = parameters
        methods.GetMethods(BindingFlags.Static ||| BindingFlags.Public)
        |> Seq.filter (fun candidate -> candidate.Name = name)
        |> Seq.map (fun candidate ->
            if candidate.IsGenericMethodDefinition && candidate.GetGenericArguments().Length = 1 then
                candidate.MakeGenericMethod typeof<float>
            else
                candidate)
        |> Seq.find isMatch

    let known = Dictionary<string, MethodInfo>()

    member _.Kind = kind
    member _.Bytes = bits / 8

    /// The method that fills a vector with one number.
    member val Create = find "Create" [| typeof<float> |]

    /// A method or an operator by its number of operands, which are vectors, and its name.
    member _.Of(arity: int, name: string) : MethodInfo =
        match known.TryGetValue name with
        | true, found -> found
        | _ ->
            let parameters = Array.create arity kind
            let found = if name.StartsWith("op_", StringComparison.Ordinal) then kind.GetMethod(name, parameters) else find name parameters
            known[name] <- found
            found

/// <summary>
/// Emits the IL of a loop over vectors of 128, 256 or 512 bits. Each pass of the loop computes one vector of points, or several in turn:
/// what is emitted is for the vector of the present turn.
/// </summary>
[<Sealed>]
type internal LaneEmitter(layout: Layout, bits: int, turns: int) =
    let vector = VectorMethods bits

    // The arguments: 0 the objects that calls are made on, 1 the pointers of the columns, 2 the tile's own memory, 3 the bytes of a column.
    let method =
        DynamicMethod(
            "fusion",
            typeof<Void>,
            [| typeof<obj[]>; typeof<nativeint>; typeof<nativeint>; typeof<nativeint> |],
            typeof<Program>.Module,
            true
        )
    let il = method.GetILGenerator()
    let callees = List<obj>()

    /// The bytes from the beginning of each column to the points of this pass.
    let position = il.DeclareLocal typeof<nativeint>

    let mutable turn = 0

    /// For each turn, the values that are in registers.
    let registers = Array.init turns (fun _ -> Dictionary<int, LocalBuilder>())

    // ---- Addresses ----

    let add (bytes: int64) =
        il.Emit(OpCodes.Ldc_I8, bytes)
        il.Emit OpCodes.Conv_I
        il.Emit OpCodes.Add

    /// Pushes the pointer of a column.
    let column (index: int) =
        il.Emit OpCodes.Ldarg_1
        add (int64 index * 8L)
        il.Emit OpCodes.Ldind_I

    /// The pointer of a column, read once before the loop.
    let pointerOf (index: int) =
        let pointer = il.DeclareLocal typeof<nativeint>
        column index
        il.Emit(OpCodes.Stloc, pointer)
        pointer

    let uniform = if layout.Uniform > 0 then pointerOf 0 else null
    let sums = if layout.IsSum then pointerOf layout.SumColumn else null

    /// Moves an address from the beginning of a column to the points of the present turn.
    let toPoint () =
        il.Emit(OpCodes.Ldloc, position)
        il.Emit OpCodes.Add
        if turn > 0 then add (int64 (turn * vector.Bytes))

    /// Pushes the address of a column of the tile's own memory.
    let scratch (slot: int) =
        il.Emit OpCodes.Ldarg_2
        add (int64 slot * int64 layout.Stride * 8L)

    /// Pushes the address of a value's numbers for the present turn.
    let address (value: int) =
        match layout.Places[value] with
        | Place.Column index ->
            column index
            toPoint ()
        | Place.Table start ->
            il.Emit OpCodes.Ldarg_1
            add (int64 start * 8L)
            toPoint ()
        | Place.Scratch slot ->
            scratch slot
            toPoint ()
        | Place.Group slot ->
            il.Emit OpCodes.Ldarg_2
            add (int64 (layout.GroupAt slot) * 8L + int64 (turn * vector.Bytes))
        | Place.Constant _
        | Place.Uniform _
        | Place.Number _
        | Place.Register as place -> invalidOp $"Value {value} is at {place}, which is no vector in memory."

    // ---- Values ----

    // Reading and writing are instructions of IL, and arithmetic is operators: methods that do the same are inlined only until a loop has
    // some 500 locals, and called from then on, which takes several times as long.
    let read () =
        il.Emit(OpCodes.Unaligned, 1uy)
        il.Emit(OpCodes.Ldobj, vector.Kind)
    let write () =
        il.Emit(OpCodes.Unaligned, 1uy)
        il.Emit(OpCodes.Stobj, vector.Kind)

    let constant (value: float) =
        il.Emit(OpCodes.Ldc_R8, value)
        il.Emit(OpCodes.Call, vector.Create)

    /// Fills a vector with the number at an address.
    let spread () =
        il.Emit OpCodes.Ldind_R8
        il.Emit(OpCodes.Call, vector.Create)

    /// Takes a vector as a value of the present turn.
    let keep (value: int) =
        let local = il.DeclareLocal vector.Kind
        il.Emit(OpCodes.Stloc, local)
        registers[turn][value] <- local

    /// Pushes a value. A vector in memory is read once and is in a register from then on.
    let load (value: int) =
        match registers[turn].TryGetValue value with
        | true, local -> il.Emit(OpCodes.Ldloc, local)
        | _ ->
            match layout.Places[value] with
            | Place.Constant number -> constant number
            | Place.Uniform index ->
                il.Emit(OpCodes.Ldloc, uniform)
                add (int64 index * 8L)
                spread ()
            | Place.Number slot ->
                scratch slot
                spread ()
            | Place.Column _
            | Place.Table _
            | Place.Scratch _
            | Place.Group _ ->
                address value
                read ()
                il.Emit OpCodes.Dup
                keep value
            | Place.Register -> invalidOp $"Value {value} is read before it is computed."

    // ---- Instructions ----

    let apply (name: string) (arity: int) = il.Emit(OpCodes.Call, vector.Of(arity, name))

    /// Makes 1 or 0 of a mask.
    let toNumber () =
        constant 1.0
        constant 0.0
        apply "ConditionalSelect" 3

    let equal (a: unit -> unit) (b: unit -> unit) =
        a ()
        b ()
        apply "Equals" 2

    let share a b y =
        equal a b
        constant 0.5
        // y = a, or both are NaN
        equal y a
        equal y y
        equal a a
        apply "op_BitwiseOr" 2
        apply "op_OnesComplement" 1
        apply "op_BitwiseOr" 2
        toNumber ()
        apply "ConditionalSelect" 3

    /// Pushes the value of a line: the table of instructions for vectors.
    let compute (line: Line) =
        let a () = load line.A
        let b () = load line.B
        let c () = load line.C
        let zero () = constant 0.0
        let simple (name: string) =
            Array.iter load line.Operands
            apply name line.Primitive.Arity
        let relation (name: string) =
            simple name
            toNumber ()
        match line.Instruction with
        | Instruction.Call -> invalidOp "Calls are made from memory to memory, not between registers."
        | Instruction.Add -> simple "op_Addition"
        | Instruction.Subtract -> simple "op_Subtraction"
        | Instruction.Multiply -> simple "op_Multiply"
        | Instruction.Divide -> simple "op_Division"
        | Instruction.Negate -> simple "op_UnaryNegation"
        | Instruction.Abs -> simple "Abs"
        | Instruction.Sqrt -> simple "Sqrt"
        | Instruction.Floor -> simple "Floor"
        | Instruction.Ceiling -> simple "Ceiling"
        | Instruction.Truncate -> simple "Truncate"
        | Instruction.RoundToEven -> simple "Round"
        | Instruction.Max -> simple "Max"
        | Instruction.Min -> simple "Min"
        | Instruction.FusedMultiplyAdd -> simple "FusedMultiplyAdd"
        | Instruction.Less -> relation "LessThan"
        | Instruction.LessOrEqual -> relation "LessThanOrEqual"
        | Instruction.Equal -> relation "Equals"
        | Instruction.Both -> simple "op_Multiply"
        | Instruction.Either -> simple "Max"
        | Instruction.Not ->
            constant 1.0
            a ()
            apply "op_Subtraction" 2
        | Instruction.Absorb ->
            equal a zero
            zero ()
            a ()
            b ()
            apply "op_Multiply" 2
            apply "ConditionalSelect" 3
        | Instruction.Select ->
            equal a zero
            c ()
            b ()
            apply "ConditionalSelect" 3
        | Instruction.Share -> share a b c
        | other -> InstructionTable.unknown other

    /// Pushes the address of the present turn's partial sums of an output.
    let sumAddress (output: int) =
        il.Emit(OpCodes.Ldloc, sums)
        add (int64 output * 64L)
        if vector.Bytes < 64 then
            il.Emit OpCodes.Ldc_I4_0
            il.Emit OpCodes.Conv_I
            toPoint ()
            il.Emit(OpCodes.Ldc_I4, 63)
            il.Emit OpCodes.Conv_I
            il.Emit OpCodes.And
            il.Emit OpCodes.Add

    /// Adds a value to the partial sums of the outputs that it is.
    let addUp (value: int) =
        if layout.IsSum then
            for output in layout.OutputsOf value do
                sumAddress output
                sumAddress output
                read ()
                load value
                apply "op_Addition" 2
                write ()

    /// The vectors that a call takes, and the number of calls that do all turns.
    let callLanes, calls =
        match bits with
        | 512 when turns = 2 -> typeof<Pair512>, 1
        | 512 -> typeof<Lane512>, turns
        | 256 -> typeof<Lane256>, turns
        | _ -> typeof<Lane128>, turns

    /// Computes a line, which is no call, for all turns, and stores its value where it has a place in memory.
    member _.Line(line: Line, value: int) : unit =
        for present in 0 .. turns - 1 do
            turn <- present
            compute line
            keep value
            if layout.Places[value] <> Place.Register then
                address value
                load value
                write ()
            addUp value

    /// Calls the vector form of a primitive, or of a shared form, for all turns: from the memory of the operands to that of the results.
    member _.Call(callee: obj, operands: int[], results: int[]) : unit =
        for present in 0 .. calls - 1 do
            turn <- present
            il.Emit OpCodes.Ldarg_0
            il.Emit(OpCodes.Ldc_I4, callees.Count)
            il.Emit OpCodes.Ldelem_Ref
            Array.iter address operands
            Array.iter address results
            il.Emit(OpCodes.Call, LaneMethods.of' callee callLanes)
        callees.Add callee
        // A call preserves no vector register.
        for values in registers do
            values.Clear()
        for present in 0 .. turns - 1 do
            turn <- present
            Array.iter addUp results

    /// Emits the loop around what a body emits, and ends the method.
    member _.Loop(body: unit -> unit) : Fusion =
        il.Emit OpCodes.Ldc_I4_0
        il.Emit OpCodes.Conv_I
        il.Emit(OpCodes.Stloc, position)
        let next = il.DefineLabel()
        il.MarkLabel next
        body ()
        il.Emit(OpCodes.Ldloc, position)
        add (int64 (turns * vector.Bytes))
        il.Emit(OpCodes.Stloc, position)
        il.Emit(OpCodes.Ldloc, position)
        il.Emit OpCodes.Ldarg_3
        il.Emit(OpCodes.Blt, next)
        il.Emit OpCodes.Ret
        method.CreateDelegate(typeof<Fusion>, callees.ToArray()) :?> Fusion
