namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>
/// A program over parameters and a datum whose results are summed over the data, in three: what depends on the parameters alone, what is
/// computed for each datum, and what commutes with the sum. The first results are values: their sum is the sum of what the function gives,
/// term by term. The others are derivatives, in which factors may be taken out of the sum.
/// </summary>
type internal SumSplit =
    {
        /// From the parameters to the numbers that the other parts need: the shared ones.
        Once: Program
        /// From the shared numbers, then those of the datum, to the results.
        Each: Program
        /// From the same to the addends, which are fewer or cheaper.
        Addends: Program
        /// From the shared numbers, then the sums of the addends, then those of what is equal for all data, to the sums of the results.
        After: Program
        /// Summed values that are equal for all data: their numbers in Each, where they are shared numbers or constants.
        Equal: int[]
    }

    /// False if the results are the addends, one for each: results that are the same value share an addend.
    member parts.IsApart =
        parts.After.Lines.Length > 0 || parts.Equal.Length > 0 || parts.Addends.Outputs.Length <> parts.Each.Outputs.Length

    /// The sums over `count` data of what is equal for all of them.
    member parts.Multiples(shared: float[], count: int) : float[] =
        let number value = if value < shared.Length then shared[value] else parts.Each.Constants[value - parts.Each.Inputs]
        parts.Equal |> Array.map (fun value -> if count = 0 then 0.0 else float count * number value)

module internal SumSplit =
    /// The lines for which a predicate holds, as a program of their own.
    let private part (program: Program) (isOf: int -> bool) (inputs: int) (inputOf: int -> int) (outputs: int[]) : Program =
        program.Part(Array.filter isOf [| 0 .. program.Lines.Length - 1 |], inputs, inputOf, outputs)

    /// Two programs: what depends on the parameters alone, which are the first inputs, and the rest.
    let private once (program: Program) (parameters: int) : struct (Program * Program) =
        let first = program.First
        let varies = Array.zeroCreate<bool> program.Values
        for input = parameters to program.Inputs - 1 do
            varies[input] <- true
        program.Lines
        |> Array.iteri (fun line _ -> varies[first + line] <- program.Operands line |> Array.exists (fun operand -> varies[operand]))

        // The first program's results are the values that do not vary and are read by varying lines or by outputs.
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

    /// For each value whether it has a rounding error in proportion to its size. A sum of two values that have none may be exact, however
    /// much they cancel; its terms are then not summed one by one: (a1 - b1) + (a2 - b2) + ... rounds less than (a1 + a2 + ...) - (b1 + b2
    /// + ...).
    let private rounded (each: Program) : bool[] =
        let isRounded = Array.zeroCreate<bool> each.Values
        let isPowerOfTwo value =
            each.IsConstant value && (let c = abs each.Constants[value - each.Inputs] in c > 0.0 && Math.ScaleB(1.0, Math.ILogB c) = c)
        each.Lines
        |> Array.iteri (fun line { Instruction = instruction; A = a; B = b; C = c } ->
            isRounded[each.First + line] <-
                match instruction with
                | Instruction.Call -> true
                | Instruction.Add
                | Instruction.Subtract -> isRounded[a] || isRounded[b]
                | Instruction.Multiply -> if isPowerOfTwo a then isRounded[b] else not (isPowerOfTwo b) || isRounded[a]
                | Instruction.Divide -> true
                | Instruction.Negate
                | Instruction.Abs -> isRounded[a]
                | Instruction.Sqrt -> true
                | Instruction.Floor
                | Instruction.Ceiling
                | Instruction.Truncate
                | Instruction.RoundToEven -> false
                | Instruction.Max
                | Instruction.Min -> isRounded[a] && isRounded[b]
                | Instruction.FusedMultiplyAdd -> true
                | Instruction.Less
                | Instruction.LessOrEqual
                | Instruction.Equal
                | Instruction.Both
                | Instruction.Either
                | Instruction.Not -> false
                | Instruction.Absorb -> isRounded[b]
                | Instruction.Select -> isRounded[b] && isRounded[c]
                | Instruction.Share -> false
                | other -> InstructionTable.unknown other)
        isRounded

    /// The program for one datum, and which of its lines commute with the sum over the data.
    type private Datum(each: Program, shared: int) =
        let isRounded = rounded each
        member _.Each = each
        member _.Shared = shared

        /// The same for all data: a shared number or a constant.
        member _.IsShared(value: int) = value < shared || each.IsConstant value

        /// Whether a line is linear in what varies from datum to datum.
        member datum.IsLinear(line: int) : bool =
            let { Instruction = instruction; A = a; B = b } = each.Lines[line]
            let isShared = datum.IsShared
            let isZero value = each.IsConstant value && each.Constants[value - each.Inputs] = 0.0
            let isTerm value = isShared value || isRounded[value]
            match instruction with
            | Instruction.Add
            | Instruction.Subtract -> isZero a || isZero b || isTerm a && isTerm b
            | Instruction.Negate -> true
            | Instruction.Multiply -> isShared a <> isShared b
            | Instruction.Divide -> not (isShared a) && isShared b
            | Instruction.Absorb
            | Instruction.Select -> isShared a
            | _ -> false

        /// The operands that a linear line multiplies or passes on. The other one is a factor or a condition, the same for all data.
        member datum.Summed(line: int) : int[] =
            let { Instruction = instruction; A = a; B = b; C = c } = each.Lines[line]
            match instruction with
            | Instruction.Add
            | Instruction.Subtract -> [| a; b |]
            | Instruction.Negate
            | Instruction.Divide -> [| a |]
            | Instruction.Multiply -> [| (if datum.IsShared a then b else a) |]
            | Instruction.Absorb -> [| b |]
            | Instruction.Select -> [| b; c |]
            | other -> invalidOp $"{other} is not linear."

        /// The factor or the condition of a linear line; -1 if it has none.
        member datum.Factor(line: int) : int =
            let { Instruction = instruction; A = a; B = b } = each.Lines[line]
            match instruction with
            | Instruction.Add
            | Instruction.Subtract
            | Instruction.Negate -> -1
            | Instruction.Multiply -> if datum.IsShared a then a else b
            | Instruction.Divide -> b
            | Instruction.Absorb
            | Instruction.Select -> a
            | other -> invalidOp $"{other} is not linear."

        /// A linear line on other operands: those that it sums, and its factor or condition.
        member _.OnSums(line: int, summed: int[], factor: int) : Line =
            let line = each.Lines[line]
            match line.Instruction with
            | Instruction.Add
            | Instruction.Subtract -> { line with A = summed[0]; B = summed[1] }
            | Instruction.Negate -> { line with A = summed[0] }
            | Instruction.Multiply
            | Instruction.Absorb -> { line with A = factor; B = summed[0] }
            | Instruction.Divide -> { line with A = summed[0]; B = factor }
            | Instruction.Select -> { line with A = factor; B = summed[0]; C = summed[1] }
            | other -> invalidOp $"{other} is not linear."

        /// The lines that commute with the sum: those that are linear in what varies and that only such lines and outputs read. The first
        /// outputs, `values` of them, are summed as they are.
        member datum.Commuting(values: int) : int[] =
            let commutes = Array.init each.Lines.Length datum.IsLinear
            let stays value = if value >= each.First then commutes[value - each.First] <- false
            for guard in each.Guards do
                stays guard.Node
            Array.iter stays each.Outputs[.. values - 1]
            for line = each.Lines.Length - 1 downto 0 do
                if not commutes[line] then Array.iter stays (each.Operands line)
            [| for line in 0 .. each.Lines.Length - 1 do
                   if commutes[line] then line |]

    /// A list of values, and the index of each.
    type private Numbering() =
        let values, indices = List<int>(), Dictionary<int, int>()
        member _.Count = values.Count
        member _.Values = values.ToArray()
        member _.Item
            with get (value: int) = indices[value]

        /// Adds a value unless it is in the list.
        member _.Add(value: int) : unit = if indices.TryAdd(value, values.Count) then values.Add value

        /// Adds a value at the end, even if it is there already.
        member _.Append(value: int) : unit =
            indices[value] <- values.Count
            values.Add value

    /// The addends if some lines are done after the sum: the values, one for each, and what else varies and is summed.
    let private addendsOf (datum: Datum) (values: int) (hoisted: int[]) : Numbering =
        let isHoisted = HashSet(hoisted |> Seq.map (fun line -> datum.Each.First + line))
        let addends = Numbering()
        Array.iter addends.Append datum.Each.Outputs[.. values - 1]
        let add value = if not (datum.IsShared value || isHoisted.Contains value) then addends.Add value
        Array.iter add datum.Each.Outputs
        for line in hoisted do
            Array.iter add (datum.Summed line)
        addends

    /// What is the same for all data and summed, if some lines are done after the sum.
    let private equalOf (datum: Datum) (values: int) (hoisted: int[]) : Numbering =
        let equal = Numbering()
        let add value = if datum.IsShared value then equal.Add value
        Array.iter add datum.Each.Outputs[values..]
        for line in hoisted do
            Array.iter add (datum.Summed line)
        equal

    /// The program of the lines that are done after the sum. Its inputs are the shared numbers, the sums of the addends, and those of what
    /// is the same for all data.
    let private onSums (datum: Datum) (values: int) (hoisted: int[]) (addends: Numbering) (equal: Numbering) : Program =
        let each, shared = datum.Each, datum.Shared
        let inputs = shared + addends.Count + equal.Count
        let constants = Numbering()
        let factor value =
            if value < shared then
                value
            else
                constants.Add value
                inputs + constants[value]
        // All factors before the lines: the results of lines are numbered after all constants.
        let factors =
            hoisted
            |> Array.map (fun line ->
                match datum.Factor line with
                | -1 -> -1
                | value -> factor value)
        let lineOf = Dictionary<int, int>()
        hoisted |> Array.iteri (fun index line -> lineOf[each.First + line] <- inputs + constants.Count + index)
        let sum value =
            match lineOf.TryGetValue value with
            | true, line -> line
            | _ -> if datum.IsShared value then shared + addends.Count + equal[value] else shared + addends[value]
        let lines = Array.map2 (fun line factor -> datum.OnSums(line, datum.Summed line |> Array.map sum, factor)) hoisted factors
        let outputs = each.Outputs |> Array.mapi (fun index value -> if index < values then shared + index else sum value)
        let numbers = constants.Values |> Array.map (fun value -> each.Constants[value - each.Inputs])
        Program(inputs, numbers, lines, outputs, [||], 0, false)

    /// Lines that commute with the sum are done once, on sums of what they read, if that leaves fewer addends. The gradient with respect to
    /// a mean, say, is then one product with a matrix instead of one for each datum. What is the same for all data is multiplied by their
    /// number where it is summed, and stays as it is where it is a factor.
    let private after (each: Program) (shared: int) (values: int) : struct (Program * Program * int[]) =
        let datum = Datum(each, shared)
        let commuting = datum.Commuting values
        let isWorthIt = (addendsOf datum values commuting).Count < each.Outputs.Length + commuting.Length
        let hoisted = if isWorthIt then commuting else [||]
        let addends = addendsOf datum values hoisted
        let equal = equalOf datum values hoisted
        let after = onSums datum values hoisted addends equal
        let isHoisted = HashSet hoisted
        let inputOf value = if value < each.Inputs then value else -1
        struct (part each (isHoisted.Contains >> not) each.Inputs inputOf addends.Values, after, equal.Values)

    /// <summary>Splits a program.</summary>
    /// <param name="program">Its first inputs are parameters; the others are a datum.</param>
    /// <param name="parameters">The number of parameters.</param>
    /// <param name="values">The number of results, the first ones, that are values and not derivatives.</param>
    let split (program: Program) (parameters: int) (values: int) : SumSplit =
        let struct (once, each) = once program parameters
        let struct (addends, after, equal) = after each once.Outputs.Length values
        { Once = once; Each = each; Addends = addends; After = after; Equal = equal }
