namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>
/// A program over parameters and a datum whose outputs are summed over the data, in three: what depends on the parameters alone, what is computed for each
/// datum, and what commutes with the sum.
/// </summary>
type internal Hoisted =
    { /// From the parameters to the numbers that the other parts need.
      Once: Program
      /// From those, then the numbers of the datum, to the addends.
      Each: Program
      /// From the numbers of the first part, then the sums of the addends, to the sums of the outputs.
      After: Program }

module internal Hoisted =
    /// The lines of which something holds as a program of its own.
    let private part (program: Program) (isOf: int -> bool) (inputs: int) (inputOf: int -> int) (outputs: int[]) : Program =
        program.Part(Array.filter isOf [| 0 .. program.Lines.Length - 1 |], inputs, inputOf, outputs)

    /// What depends on the first inputs alone, and the rest.
    let private once (program: Program) (parameters: int) : struct (Program * Program) =
        let first = program.First
        let varies = Array.zeroCreate<bool> program.Values
        for input = parameters to program.Inputs - 1 do
            varies[input] <- true
        program.Lines |> Array.iteri (fun line _ -> varies[first + line] <- program.Operands line |> Array.exists (fun operand -> varies[operand]))

        // What is handed on: what varying lines and outputs read of what does not vary.
        let handedOn = List<int>()
        let place = Array.create program.Values -1
        let handOn value =
            if not varies[value] && not (program.IsConstant value) && place[value] < 0 then
                place[value] <- handedOn.Count
                handedOn.Add value
        program.Lines |> Array.iteri (fun line _ -> if varies[first + line] then program.Operands line |> Array.iter handOn)
        program.Outputs |> Array.iter handOn
        let width = program.Inputs - parameters
        let datum value = if value >= parameters && value < program.Inputs then handedOn.Count + value - parameters else place[value]
        struct (part program (fun line -> not varies[first + line]) parameters (fun value -> if value < parameters then value else -1) (handedOn.ToArray()),
                part program (fun line -> varies[first + line]) (handedOn.Count + width) datum program.Outputs)

    /// Lines that are linear in what varies, and that only such lines and outputs read, commute with the sum: they are done once, on sums of what
    /// they read. The gradient with respect to a mean, say, is then one product with a matrix instead of one for each datum.
    let private after (each: Program) (shared: int) : struct (Program * Program) =
        let first = each.First
        let isShared value = value < shared || each.IsConstant value
        let isZero value = each.IsConstant value && each.Constants[value - each.Inputs] = 0.0
        let varies value = not (isShared value)
        let isLinear line =
            let { Instruction = instruction; A = a; B = b } = each.Lines[line]
            match instruction with
            | Instruction.Add
            | Instruction.Subtract -> (varies a || isZero a) && (varies b || isZero b)
            | Instruction.Negate -> true
            | Instruction.Multiply -> isShared a <> isShared b
            | Instruction.Divide -> varies a && isShared b
            | _ -> false
        let commutes = Array.init each.Lines.Length isLinear
        for guard in each.Guards do
            commutes[guard.Node - first] <- false
        for line = each.Lines.Length - 1 downto 0 do
            if not commutes[line] then
                for operand in each.Operands line do
                    if operand >= first then commutes[operand - first] <- false
        let commutes value = value >= first && commutes[value - first]
        let addends = List<int>()
        let place = Array.create each.Values -1
        let add value =
            if place[value] < 0 && not (commutes value) then
                place[value] <- addends.Count
                addends.Add value
        for output in each.Outputs do
            add output
        each.Lines |> Array.iteri (fun line _ ->
            if commutes (first + line) then
                for operand in each.Operands line do
                    if varies operand then add operand)
        let isLeft line = commutes (first + line)
        let saved = each.Lines |> Seq.indexed |> Seq.filter (fun (line, _) -> isLeft line) |> Seq.length
        let isWorth = addends.Count < each.Outputs.Length + saved
        let sums = if isWorth then addends.ToArray() else each.Outputs
        let isAfter line = isWorth && isLeft line
        let sumOf value =
            if isWorth && place[value] >= 0 then shared + place[value]
            elif value < shared then value
            else -1
        struct (part each (isAfter >> not) each.Inputs (fun value -> if value < each.Inputs then value else -1) sums,
                if isWorth then part each isAfter (shared + sums.Length) sumOf each.Outputs
                else Program(shared + sums.Length, [||], [||], Array.init sums.Length (fun index -> shared + index), [||], 0, false))

    /// Splits a program whose first inputs are parameters.
    let split (program: Program) (parameters: int) : Hoisted =
        let struct (once, each) = once program parameters
        let struct (each, after) = after each once.Outputs.Length
        { Once = once; Each = each; After = after }

    /// Splits off what depends on the first inputs alone, and nothing else: what is left has the outputs of the program.
    let splitOnce (program: Program) (parameters: int) : struct (Program * Program) = once program parameters

    /// Runs a program over Reals, guards included: a program is a function again, and its derivatives are taken like any other's.
    let replay (program: Program) (inputs: Real[]) : Real[] =
        let values = Array.zeroCreate<Real> program.Values
        inputs.CopyTo(values, 0)
        program.Constants |> Array.iteri (fun index value -> values[program.Inputs + index] <- Real value)
        program.Lines |> Array.iteri (fun index line ->
            values[program.First + index] <- line.Primitive.Apply(values[line.A], values[line.B], values[line.C]))
        for guard in program.Guards do
            Real.Decide values[guard.Node] |> ignore
        program.Outputs |> Array.map (fun value -> values[value])
