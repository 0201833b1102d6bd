namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>
/// A program over parameters and a datum, in two: what depends on the parameters alone, computed once, and the rest, computed for each datum from
/// what the first part hands on.
/// </summary>
type internal Hoisted =
    { /// From the parameters to the numbers that the second part needs.
      Once: Program
      /// From those, then the numbers of the datum, to the outputs.
      Each: Program }

module internal Hoisted =
    /// Splits a program whose first inputs are parameters.
    let split (program: Program) (parameters: int) : Hoisted =
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

        /// The lines of one kind as a program with other numbers for what was there before.
        let part (inputs: int) (isOf: int -> bool) (inputOf: int -> int) (outputs: int[]) : Program =
            let number = Array.create program.Values -1
            for value = 0 to program.Values - 1 do
                number[value] <- inputOf value
            let constants = program.Constants
            for index = 0 to constants.Length - 1 do
                number[program.Inputs + index] <- inputs + index
            let lines = List<Line>()
            program.Lines |> Array.iteri (fun index line ->
                if isOf index then
                    number[first + index] <- inputs + constants.Length + lines.Count
                    let arity = line.Primitive.Arity
                    let operand place value = if place < arity then number[value] else 0
                    lines.Add { line with A = operand 0 line.A; B = operand 1 line.B; C = operand 2 line.C })
            let guards =
                program.Guards
                |> Array.filter (fun guard -> isOf (guard.Node - first))
                |> Array.map (fun guard -> { guard with Node = number[guard.Node] })
            Program(inputs, constants, lines.ToArray(), outputs |> Array.map (fun value -> number[value]), guards, program.Traced, program.IsUncertain)

        let data = program.Inputs - parameters
        { Once =
            part parameters (fun line -> not varies[first + line]) (fun value -> if value < parameters then value else -1) (handedOn.ToArray())
          Each =
            part (handedOn.Count + data) (fun line -> varies[first + line])
                (fun value ->
                    if value >= parameters && value < program.Inputs then handedOn.Count + value - parameters
                    else place[value])
                program.Outputs }

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
