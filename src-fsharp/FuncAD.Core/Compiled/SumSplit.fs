namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>
/// A program over parameters and a datum whose results are summed over the data, in three: what depends on the parameters alone, what is computed for each
/// datum, and what commutes with the sum. The first results, so many, are values: their sum is the sum of what the function gives, term by term. The others
/// are derivatives, which may be taken apart.
/// </summary>
type internal SumSplit =
    {
        /// From the parameters to the numbers that the other parts need: the shared ones.
        Once: Program
        /// From those, then the numbers of the datum, to the results.
        Each: Program
        /// From the same to the addends, which are fewer or cheaper.
        Addends: Program
        /// From the shared numbers, then the sums of the addends, then those of what is equal for all data, to the sums of the results.
        After: Program
        /// What is equal for all data and summed: values of Each, shared numbers or constants.
        Equal: int[]
    }

    /// False if the results are the addends, one for each: results that are the same value share an addend.
    member parts.IsApart =
        parts.After.Lines.Length > 0 || parts.Equal.Length > 0 || parts.Addends.Outputs.Length <> parts.Each.Outputs.Length

    /// The sums of what is equal for so many data.
    member parts.Multiples(shared: float[], count: int) : float[] =
        let number value = if value < shared.Length then shared[value] else parts.Each.Constants[value - parts.Each.Inputs]
        parts.Equal |> Array.map (fun value -> if count = 0 then 0.0 else float count * number value)

module internal SumSplit =
    /// The lines of which something holds as a program of its own.
    let private part (program: Program) (isOf: int -> bool) (inputs: int) (inputOf: int -> int) (outputs: int[]) : Program =
        program.Part(Array.filter isOf [| 0 .. program.Lines.Length - 1 |], inputs, inputOf, outputs)

    /// What depends on the first inputs alone, and the rest.
    let private once (program: Program) (parameters: int) : struct (Program * Program) =
        let first = program.First
        let varies = Array.zeroCreate<bool> program.Values
        for input = parameters to program.Inputs - 1 do
            varies[input] <- true
        program.Lines
        |> Array.iteri (fun line _ -> varies[first + line] <- program.Operands line |> Array.exists (fun operand -> varies[operand]))

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
        struct (part
                    program
                    (fun line -> not varies[first + line])
                    parameters
                    (fun value -> if value < parameters then value else -1)
                    (handedOn.ToArray()),
                part program (fun line -> varies[first + line]) (handedOn.Count + width) datum program.Outputs)

    /// Values that carry a rounding error of their own size. A sum of others may be exact however much they cancel, and is then taken as it is:
    /// (a1 - b1) + (a2 - b2) + ... is not (a1 + a2 + ...) - (b1 + b2 + ...).
    let private rounded (each: Program) : bool[] =
        let isRounded = Array.zeroCreate<bool> each.Values
        let isPowerOfTwo value =
            each.IsConstant value && (let c = abs each.Constants[value - each.Inputs] in c > 0.0 && Math.ScaleB(1.0, Math.ILogB c) = c)
        each.Lines
        |> Array.iteri (fun line { Instruction = instruction; A = a; B = b; C = c } ->
            isRounded[each.First + line] <-
                match instruction with
                | Instruction.Add
                | Instruction.Subtract -> isRounded[a] || isRounded[b]
                | Instruction.Negate
                | Instruction.Abs -> isRounded[a]
                | Instruction.Max
                | Instruction.Min -> isRounded[a] && isRounded[b]
                | Instruction.Select -> isRounded[b] && isRounded[c]
                | Instruction.Absorb -> isRounded[b]
                | Instruction.Multiply when isPowerOfTwo a -> isRounded[b]
                | Instruction.Multiply when isPowerOfTwo b -> isRounded[a]
                | Instruction.Multiply
                | Instruction.Divide
                | Instruction.Sqrt
                | Instruction.FusedMultiplyAdd
                | Instruction.Call -> true
                | _ -> false)
        isRounded

    /// What a line multiplies, or only passes on, of its operands; the others are factors or conditions, the same for all data.
    let private summed (line: Line) (isShared: int -> bool) : int[] =
        match line.Instruction with
        | Instruction.Negate
        | Instruction.Divide -> [| line.A |]
        | Instruction.Multiply -> [| (if isShared line.A then line.B else line.A) |]
        | Instruction.Absorb -> [| line.B |]
        | Instruction.Select -> [| line.B; line.C |]
        | _ -> [| line.A; line.B |]

    /// Lines that are linear in what varies, and that only such lines and outputs read, commute with the sum: they are done once, on sums of what
    /// they read. The gradient with respect to a mean, say, is then one product with a matrix instead of one for each datum. What is the same for all
    /// data is multiplied by their number where it is summed, and stays what it is where it is a factor.
    let private after (each: Program) (shared: int) (values: int) : struct (Program * Program * int[]) =
        let first = each.First
        let isShared value = value < shared || each.IsConstant value
        let isZero value = each.IsConstant value && each.Constants[value - each.Inputs] = 0.0
        let varies value = not (isShared value)
        let isRounded = rounded each
        let isTerm value = isShared value || isRounded[value]
        let isLinear line =
            let { Instruction = instruction; A = a; B = b } = each.Lines[line]
            match instruction with
            | Instruction.Add
            | Instruction.Subtract -> isZero a || isZero b || isTerm a && isTerm b
            | Instruction.Negate -> true
            | Instruction.Multiply -> isShared a <> isShared b
            | Instruction.Divide -> varies a && isShared b
            | Instruction.Absorb
            | Instruction.Select -> isShared a
            | _ -> false
        let commutes = Array.init each.Lines.Length isLinear
        let stays value = if value >= first then commutes[value - first] <- false
        for guard in each.Guards do
            stays guard.Node
        Array.iter stays each.Outputs[.. values - 1]
        for line = each.Lines.Length - 1 downto 0 do
            if not commutes[line] then Array.iter stays (each.Operands line)
        let lines =
            [| for line in 0 .. each.Lines.Length - 1 do
                   if commutes[line] then line |]
        let commutes value = value >= first && commutes[value - first]

        // The addends if these lines are hoisted: the values, one for each, and what else varies and is summed.
        let addendsOf (lines: int[]) (isHoisted: int -> bool) : struct (List<int> * Dictionary<int, int>) =
            let addends, place = List each.Outputs[.. values - 1], Dictionary<int, int>()
            addends |> Seq.iteri (fun index value -> if varies value then place[value] <- index)
            let add value = if varies value && not (isHoisted value) && place.TryAdd(value, addends.Count) then addends.Add value
            Array.iter add each.Outputs
            for line in lines do
                Array.iter add (summed each.Lines[line] isShared)
            struct (addends, place)
        let struct (hoisted, _) = addendsOf lines commutes
        let isWorth = hoisted.Count < each.Outputs.Length + lines.Length
        let lines = if isWorth then lines else [||]
        let commutes value = isWorth && commutes value
        let struct (addends, place) = addendsOf lines commutes

        let equal, equalOf = List<int>(), Dictionary<int, int>()
        let note value = if isShared value && equalOf.TryAdd(value, equal.Count) then equal.Add value
        Array.iter note each.Outputs[values..]
        for line in lines do
            Array.iter note (summed each.Lines[line] isShared)
        let inputs = shared + addends.Count + equal.Count
        let constants = List<float>()
        let constantOf = Dictionary<int, int>()
        let factor value =
            if value < shared then
                value
            else
                if constantOf.TryAdd(value, inputs + constants.Count) then constants.Add each.Constants[value - each.Inputs]
                constantOf[value]
        // the factors first: what a line computes is numbered behind all constants
        let factorOf =
            lines
            |> Array.map (fun line ->
                let { Instruction = instruction; A = a; B = b } = each.Lines[line]
                match instruction with
                | Instruction.Multiply -> factor (if isShared a then a else b)
                | Instruction.Divide -> factor b
                | Instruction.Absorb
                | Instruction.Select -> factor a
                | _ -> -1)
        let lineOf = Dictionary<int, int>()
        lines |> Array.iteri (fun index line -> lineOf[first + line] <- inputs + constants.Count + index)
        let sum value =
            match lineOf.TryGetValue value with
            | true, line -> line
            | _ -> if isShared value then shared + addends.Count + equalOf[value] else shared + place[value]
        let hoist index line =
            let line = each.Lines[line]
            match line.Instruction, summed line isShared with
            | Instruction.Divide, [| a |] -> { line with A = sum a; B = factorOf[index] }
            | Instruction.Select, [| b; c |] -> { line with A = factorOf[index]; B = sum b; C = sum c }
            | Instruction.Negate, [| a |] -> { line with A = sum a }
            | _, [| b |] -> { line with A = factorOf[index]; B = sum b }
            | _, operands -> { line with A = sum operands[0]; B = sum operands[1] }
        let outputs = each.Outputs |> Array.mapi (fun index value -> if index < values then shared + index else sum value)
        let rest =
            [| for line in 0 .. each.Lines.Length - 1 do
                   if not (lineOf.ContainsKey(first + line)) then line |]
        struct (each.Part(rest, each.Inputs, (fun value -> if value < each.Inputs then value else -1), addends.ToArray()),
                Program(inputs, constants.ToArray(), Array.mapi hoist lines, outputs, [||], 0, false),
                equal.ToArray())

    /// Splits a program whose first inputs are parameters, and whose first results, so many, are values.
    let split (program: Program) (parameters: int) (values: int) : SumSplit =
        let struct (once, each) = once program parameters
        let struct (addends, after, equal) = after each once.Outputs.Length values
        { Once = once; Each = each; Addends = addends; After = after; Equal = equal }
