namespace FuncAD.Compiled

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.Intrinsics
open FuncAD

/// <summary>Fused lines over the points of a tile, as machine code.</summary>
type internal Fusion = delegate of columns: nativeint * scratch: nativeint * bytes: nativeint -> unit

/// <summary>What the framework offers for vectors of one width, by name.</summary>
[<Sealed>]
type internal VectorMethods(bits: int) =
    let kind, methods =
        match bits with
        | 128 -> typeof<Vector128<float>>, typeof<Vector128>
        | 256 -> typeof<Vector256<float>>, typeof<Vector256>
        | _ -> typeof<Vector512<float>>, typeof<Vector512>

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

    let of' (arity: int) (name: string) : MethodInfo =
        match known.TryGetValue name with
        | true, found -> found
        | _ ->
            let parameters = Array.create arity kind
            let found = if name.StartsWith("op_", StringComparison.Ordinal) then kind.GetMethod(name, parameters) else find name parameters
            known[name] <- found
            found

    member _.Kind = kind
    member _.Bytes = bits / 8
    member val Create = find "Create" [| typeof<float> |]

    /// A method or an operator by the number of its operands and its name.
    member _.Of(arity, name) = of' arity name

/// <summary>Writes fused lines as IL over vectors of 128, 256 or 512 bits, with the framework's operation for each instruction.</summary>
module internal LaneCompiler =
    /// With up to so many lines between calls, a loop computes two vectors in turn, line by line, as Pair512 does: with more, their values do not find
    /// registers (measured: 64 lines gain up to a quarter, 240 take twice as long).
    let private pairedLines = 64

    let compile (plan: Plan) (jobs: Job[]) (bits: int) : Fusion =
        let program = plan.Program
        let vector = VectorMethods bits
        let method =
            DynamicMethod(
                "fusion",
                typeof<Void>,
                [| typeof<obj[]>; typeof<nativeint>; typeof<nativeint>; typeof<nativeint> |],
                typeof<Program>.Module,
                true
            )
        let il = method.GetILGenerator()
        let place = il.DeclareLocal typeof<nativeint>
        // Two vectors in turn, where the lines are few: the second has work to do while the first waits.
        let turns = if LaneSchedule.inRuns program jobs |> Array.forall (fun run -> run.Length <= pairedLines) then 2 else 1
        let known = Array.init turns (fun _ -> Dictionary<int, LocalBuilder>())
        let mutable turn = 0

        let add (bytes: int64) =
            il.Emit(OpCodes.Ldc_I8, bytes)
            il.Emit OpCodes.Conv_I
            il.Emit OpCodes.Add
        let column (index: int) =
            il.Emit OpCodes.Ldarg_1
            add (int64 index * 8L)
            il.Emit OpCodes.Ldind_I
        /// The pointer of a column, read once.
        let pointerOf (index: int) =
            let pointer = il.DeclareLocal typeof<nativeint>
            column index
            il.Emit(OpCodes.Stloc, pointer)
            pointer
        let uniform = if plan.Uniform > 0 then pointerOf 0 else null
        let sums = if plan.IsSum then pointerOf program.Inputs else null
        let atPoint () =
            il.Emit(OpCodes.Ldloc, place)
            il.Emit OpCodes.Add
            if turn > 0 then add (int64 (turn * vector.Bytes))
        let start (slot: int) =
            il.Emit OpCodes.Ldarg_2
            add (int64 slot * int64 plan.Stride * 8L)
        /// Where a value's numbers lie in memory, for the present turn.
        let address value =
            match plan.Places[value] with
            | Place.Column index ->
                column index
                atPoint ()
            | Place.Table start ->
                il.Emit OpCodes.Ldarg_1
                add (int64 start * 8L)
                atPoint ()
            | Place.Scratch slot ->
                start slot
                atPoint ()
            | Place.Group slot ->
                il.Emit OpCodes.Ldarg_2
                add (int64 (plan.GroupAt slot) * 8L + int64 (turn * vector.Bytes))
            | place -> invalidOp $"Value {value} is at {place}, not in memory."
        let constant (value: float) =
            il.Emit(OpCodes.Ldc_R8, value)
            il.Emit(OpCodes.Call, vector.Create)
        let apply (name: string) arity = il.Emit(OpCodes.Call, vector.Of(arity, name))
        // Reading and writing are instructions of IL, and arithmetic is operators: methods that do the same are inlined only until a loop has some
        // 500 locals, and called from then on, which takes several times as long.
        let read () =
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit(OpCodes.Ldobj, vector.Kind)
        let write () =
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit(OpCodes.Stobj, vector.Kind)
        let keep value =
            let local = il.DeclareLocal vector.Kind
            il.Emit(OpCodes.Stloc, local)
            known[turn][value] <- local

        /// What a value is read from: loaded once for each vector of points.
        let load value =
            match known[turn].TryGetValue value with
            | true, local -> il.Emit(OpCodes.Ldloc, local)
            | _ ->
                match plan.Places[value] with
                | Place.Constant value -> constant value
                | Place.Uniform index ->
                    il.Emit(OpCodes.Ldloc, uniform)
                    add (int64 index * 8L)
                    il.Emit OpCodes.Ldind_R8
                    il.Emit(OpCodes.Call, vector.Create)
                | Place.Number slot ->
                    start slot
                    il.Emit OpCodes.Ldind_R8
                    il.Emit(OpCodes.Call, vector.Create)
                | _ ->
                    address value
                    read ()
                    il.Emit OpCodes.Dup
                    keep value
        let answer () =
            // mask -> 1 or 0
            constant 1.0
            constant 0.0
            apply "ConditionalSelect" 3

        /// Adds a value to the partial sums of the outputs that it is.
        let addUp value =
            if plan.IsSum then
                for output in program.OutputsOf value do
                    let address () =
                        il.Emit(OpCodes.Ldloc, sums)
                        add (int64 output * 64L)
                        if vector.Bytes < 64 then
                            il.Emit OpCodes.Ldc_I4_0
                            il.Emit OpCodes.Conv_I
                            atPoint ()
                            il.Emit(OpCodes.Ldc_I4, 63)
                            il.Emit OpCodes.Conv_I
                            il.Emit OpCodes.And
                            il.Emit OpCodes.Add
                    address ()
                    address ()
                    read ()
                    load value
                    apply "op_Addition" 2
                    write ()

        /// A line that the machine has an instruction for, in one of the turns.
        let line index =
            let line = program.Lines[index]
            let loadAll () =
                for operand in program.Operands index do
                    load operand
            let simple (name: string) =
                loadAll ()
                apply name line.Primitive.Arity
            match line.Instruction with
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
            | Instruction.Both -> simple "op_Multiply"
            | Instruction.Either -> simple "Max"
            | Instruction.Less ->
                simple "LessThan"
                answer ()
            | Instruction.LessOrEqual ->
                simple "LessThanOrEqual"
                answer ()
            | Instruction.Equal ->
                simple "Equals"
                answer ()
            | Instruction.Not ->
                constant 1.0
                load line.A
                apply "op_Subtraction" 2
            | Instruction.Select ->
                load line.A
                constant 0.0
                apply "Equals" 2
                load line.C
                load line.B
                apply "ConditionalSelect" 3
            | Instruction.Absorb ->
                load line.A
                constant 0.0
                apply "Equals" 2
                constant 0.0
                load line.A
                load line.B
                apply "op_Multiply" 2
                apply "ConditionalSelect" 3
            | Instruction.Share ->
                // a = b ? 1/2 : y = a, or both NaN ? 1 : 0
                load line.A
                load line.B
                apply "Equals" 2
                constant 0.5
                load line.C
                load line.A
                apply "Equals" 2
                load line.C
                load line.C
                apply "Equals" 2
                load line.A
                load line.A
                apply "Equals" 2
                apply "op_BitwiseOr" 2
                apply "op_OnesComplement" 1
                apply "op_BitwiseOr" 2
                answer ()
                apply "ConditionalSelect" 3
            | other -> invalidOp $"{other} is not done on lanes by fused code."
            let value = program.First + index
            keep value
            if plan.Places[value] <> Place.Register then
                address value
                load value
                write ()
            addUp value

        // What calls are made on, the vectors that they take, and how many of them do all turns.
        let callees = List<obj>()
        let lanes, calls =
            match bits with
            | 512 when turns = 2 -> typeof<Pair512>, 1
            | 512 -> typeof<Lane512>, turns
            | 256 -> typeof<Lane256>, turns
            | _ -> typeof<Lane128>, turns

        /// Calls for all turns, from the memory of the arguments to that of the results.
        let call (job: Job) =
            let callee: obj =
                match job with
                | Job.Line line -> program.Lines[line].Primitive
                | Job.Shared(kind, _, _) -> kind
            for current in 0 .. calls - 1 do
                turn <- current
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldc_I4, callees.Count)
                il.Emit OpCodes.Ldelem_Ref
                LaneSchedule.operands program job |> Array.iter address
                for line in job.Lines do
                    address (program.First + line)
                il.Emit(OpCodes.Call, LaneMethods.of' callee lanes)
            callees.Add callee
            // A call keeps no register.
            for values in known do
                values.Clear()
            for current in 0 .. turns - 1 do
                turn <- current
                for line in job.Lines do
                    addUp (program.First + line)

        il.Emit OpCodes.Ldc_I4_0
        il.Emit OpCodes.Conv_I
        il.Emit(OpCodes.Stloc, place)
        let next = il.DefineLabel()
        il.MarkLabel next
        for job in jobs do
            if LaneSchedule.isCall program job then
                call job
            else
                for index, current in Seq.allPairs job.Lines [ 0 .. turns - 1 ] do
                    turn <- current
                    line index
        il.Emit(OpCodes.Ldloc, place)
        add (int64 (turns * vector.Bytes))
        il.Emit(OpCodes.Stloc, place)
        il.Emit(OpCodes.Ldloc, place)
        il.Emit OpCodes.Ldarg_3
        il.Emit(OpCodes.Blt, next)
        il.Emit OpCodes.Ret
        method.CreateDelegate(typeof<Fusion>, callees.ToArray()) :?> Fusion
