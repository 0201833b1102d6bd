namespace FuncAD.Compiled

open System
open System.Collections.Generic
open System.Globalization
open System.Text
open FuncAD

/// <summary>A line of a program: a primitive applied to values, which are numbered. Operands beyond the primitive's arity are 0.</summary>
[<Struct>]
type internal Line =
    { Primitive: Primitive
      Instruction: Instruction
      A: int
      B: int
      C: int }

    /// The operands, in order.
    member line.Operands: int[] =
        match line.Primitive.Arity with
        | 1 -> [| line.A |]
        | 2 -> [| line.A; line.B |]
        | _ -> [| line.A; line.B; line.C |]

/// <summary>
/// What the tables of instructions have in common. There is one table for each target: Interpreter and ScalarEmitter for a program at one
/// point, LaneEmitter for vectors. Each lists all instructions in the order of the enumeration, and a test holds each to the values of the
/// rules. (Runs of doubles need no table: a primitive calls the loop of its own rule, whose vector form is in Lanes/VectorForms.fs.)
/// </summary>
module internal InstructionTable =
    /// The last case of each table: F# cannot see that a match over an enumeration is complete.
    let unknown (instruction: Instruction) : 'T =
        raise (ArgumentOutOfRangeException(nameof instruction, instruction, "FuncAD: there is no such instruction."))

/// <summary>
/// A straight-line program: the nodes of a graph that its outputs and guards need, in the order of LineOrder. Values are numbered:
/// first the inputs, then the constants, then the results of the lines.
/// </summary>
[<Sealed>]
type internal Program(inputs: int, constants: float[], lines: Line[], outputs: int[], guards: Guard[], traced: int, isUncertain: bool) =
    let first = inputs + constants.Length

    /// The guards by line and the outputs by value, for compilers; null until they are asked for.
    let mutable guardsAt: IDictionary<int, Guard[]> = null
    let mutable outputsOf: IDictionary<int, int[]> = null

    let groupGuards () = guardsAt <- guards |> Array.groupBy (fun guard -> guard.Node - first) |> dict
    let groupOutputs () =
        outputsOf <- outputs |> Array.indexed |> Array.groupBy snd |> Array.map (fun (value, places) -> value, Array.map fst places) |> dict

    member _.Inputs = inputs
    member _.Constants = constants
    member _.Lines = lines
    member _.Outputs = outputs
    member _.Guards = guards

    /// The number of operations that were performed while tracing, before any was left out.
    member _.Traced = traced

    /// True if NaN among the outputs may be due to a structural zero that is a plain zero here.
    member _.IsUncertain = isUncertain

    /// The value that the first line computes. Line i computes value First + i.
    member _.First = first
    member _.Values = first + lines.Length
    member _.IsInput value = value < inputs
    member _.IsConstant value = value >= inputs && value < first

    /// The guards that can be checked after a line.
    member _.GuardsAfter(line: int) : Guard[] =
        if isNull guardsAt then groupGuards ()
        match guardsAt.TryGetValue line with
        | true, guards -> guards
        | _ -> [||]

    /// The outputs that are this value.
    member _.OutputsOf(value: int) : int[] =
        if isNull outputsOf then groupOutputs ()
        match outputsOf.TryGetValue value with
        | true, outputs -> outputs
        | _ -> [||]

    /// The operands of a line, in order.
    member _.Operands(line: int) : int[] = lines[line].Operands

    /// The program of those nodes of a graph that its outputs and guards need.
    static member Of(graph: Graph, outputs: int[], guards: Guard[], traced: int, isUncertain: bool) : Program =
        let isNeeded = graph.Needed(outputs, guards)
        let number = Array.zeroCreate<int> graph.Count
        let mutable first = graph.Inputs // the number of the next constant, and then of the first line
        for node = 0 to graph.Count - 1 do
            if graph.IsInput node then
                number[node] <- node
            elif isNeeded[node] && graph.IsConstant node then
                number[node] <- first
                first <- first + 1
        let constants = Array.zeroCreate<float>(first - graph.Inputs)
        for node = graph.Inputs to graph.Count - 1 do
            if isNeeded[node] && graph.IsConstant node then constants[number[node] - graph.Inputs] <- graph.Value node
        let nodes = LineOrder.of' graph isNeeded outputs guards
        for line = 0 to nodes.Length - 1 do
            number[nodes[line]] <- first + line
        let line node =
            let primitive = graph.Primitive node
            let struct (a, b, c) = graph.Arguments node
            let operand place x = if place < primitive.Arity then number[x] else 0
            { Primitive = primitive; Instruction = primitive.Instruction; A = operand 0 a; B = operand 1 b; C = operand 2 c }
        let lines = Array.map line nodes
        let guards = guards |> Array.map (fun guard -> { guard with Node = number[guard.Node] })
        Program(graph.Inputs, constants, lines, outputs |> Array.map (fun node -> number[node]), guards, traced, isUncertain)

    /// <summary>Some of the lines as a program of its own, with other inputs.</summary>
    /// <param name="chosen">The lines, in order.</param>
    /// <param name="inputs">The number of inputs of the new program.</param>
    /// <param name="inputOf">The new input that stands for a value that no chosen line computes; -1 for constants that stay
    /// constants.</param>
    /// <param name="outputs">The values that become the outputs of the new program.</param>
    member program.Part(chosen: int[], inputs: int, inputOf: int -> int, outputs: int[]) : Program =
        let lineOf = Dictionary<int, int>()
        chosen |> Array.iteri (fun index line -> lineOf[first + line] <- index)
        let newConstants = List<float>()
        let constantOf = Dictionary<int, int>()
        let isKept value = program.IsConstant value && inputOf value < 0
        let keep value =
            if isKept value && constantOf.TryAdd(value, inputs + newConstants.Count) then newConstants.Add constants[value - program.Inputs]
        for line in chosen do
            program.Operands line |> Array.iter keep
        Array.iter keep outputs
        let number value =
            match lineOf.TryGetValue value with
            | true, line -> inputs + newConstants.Count + line
            | _ -> if isKept value then constantOf[value] else inputOf value
        let line index =
            let line = lines[index]
            let operand place value = if place < line.Primitive.Arity then number value else 0
            { line with A = operand 0 line.A; B = operand 1 line.B; C = operand 2 line.C }
        let guards =
            guards
            |> Array.filter (fun guard -> lineOf.ContainsKey guard.Node)
            |> Array.map (fun guard -> { guard with Node = number guard.Node })
        Program(inputs, newConstants.ToArray(), Array.map line chosen, Array.map number outputs, guards, traced, isUncertain)

    // ---- Text ----

    member private program.Name(value: int) : string =
        if program.IsInput value then $"x{value}"
        elif program.IsConstant value then Basics.exact constants[value - inputs]
        else $"v{value - first}"

    member private program.Text(line: int) : string =
        let names = program.Operands line |> Array.map program.Name
        match lines[line].Instruction with
        | Instruction.Add -> $"{names[0]} + {names[1]}"
        | Instruction.Subtract -> $"{names[0]} - {names[1]}"
        | Instruction.Multiply -> $"{names[0]} * {names[1]}"
        | Instruction.Divide -> $"{names[0]} / {names[1]}"
        | Instruction.Negate -> $"-{names[0]}"
        | Instruction.Less -> $"{names[0]} < {names[1]}"
        | Instruction.LessOrEqual -> $"{names[0]} <= {names[1]}"
        | Instruction.Equal -> $"{names[0]} = {names[1]}"
        | Instruction.Select -> $"{names[0]} ? {names[1]} : {names[2]}"
        | _ ->
            let parameters =
                lines[line].Primitive.Rule.GetType().GetFields(Reflection.BindingFlags.Instance ||| Reflection.BindingFlags.NonPublic)
            let shown =
                parameters
                |> Array.map (fun field -> field.GetValue(lines[line].Primitive.Rule))
                |> Array.filter (fun value -> value :? int || value :? float)
                // a second number refines the first
                |> Array.indexed
                |> Array.filter (fun (index, value) -> index = 0 || Convert.ToDouble value <> 0.0)
                |> Array.map (fun (_, value) -> Convert.ToString(value, CultureInfo.InvariantCulture))
            let all = String.Join(", ", Array.append names shown)
            $"{lines[line].Primitive.Name}({all})"

    /// The program as numbered assignments.
    override program.ToString() =
        let text = StringBuilder()
        for line = 0 to lines.Length - 1 do
            text.Append($"v{line} = {program.Text line}\n") |> ignore
            for guard in program.GuardsAfter line do
                text.Append($"""require {program.Name guard.Node} is {(if guard.Expected then "true" else "false")}{'\n'}""") |> ignore
        outputs |> Array.iteri (fun index value -> text.Append($"y{index} = {program.Name value}\n") |> ignore)
        text.ToString()

    /// The program in the language of Graphviz.
    member program.ToDot() : string =
        let text = StringBuilder "digraph program {\n  rankdir = LR;\n  node [shape = box, style = rounded, fontname = \"Helvetica\"];\n"
        let line (content: string) = text.Append("  ").Append(content).Append('\n') |> ignore
        for input = 0 to inputs - 1 do
            line $"x{input} [label = \"x{input}\", shape = circle];"
        for index = 0 to lines.Length - 1 do
            line $"v{index} [label = \"{lines[index].Primitive.Name}\"];"
            program.Operands index
            |> Array.iteri (fun place operand ->
                if program.IsConstant operand then
                    line $"c{index}_{place} [label = \"{program.Name operand}\", shape = plaintext];"
                    line $"c{index}_{place} -> v{index};"
                else
                    line $"{program.Name operand} -> v{index};")
        outputs
        |> Array.iteri (fun index value ->
            line $"y{index} [label = \"y{index}\", shape = doublecircle];"
            if program.IsConstant value then
                line $"c_y{index} [label = \"{program.Name value}\", shape = plaintext];"
                line $"c_y{index} -> y{index};"
            else
                line $"{program.Name value} -> y{index};")
        for guard in guards do
            line $"{program.Name guard.Node} [color = red];"
        text.Append("}\n").ToString()
