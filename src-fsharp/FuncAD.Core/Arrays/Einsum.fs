/// What a text such as "ij,jk->ik" says: a letter for each axis of each operand and of the result.
module internal FuncAD.Einsum

open System

let private operation = "einsum"

/// The letters of an operand, of one part of the text.
let private letters (subscripts: string) (part: string) : char[] =
    let part = part.Replace(" ", "").ToCharArray()
    for letter in part do
        if not (Char.IsAsciiLetter letter) then
            Shape.fail
                operation
                $"'{letter}' in \"{subscripts}\" is no letter: expected a letter from a to z or A to Z for each axis, a comma between operands and -> before the result, as in \"ij,jk->ik\"."
    part

/// The letters of the operands and of the result. Without an arrow, the result has the letters that occur once, in alphabetical order.
let parse (subscripts: string) : struct (char[][] * char[]) =
    ArgumentNullException.ThrowIfNull(subscripts, nameof subscripts)
    match subscripts.Split "->" with
    | [| operands |] ->
        let operands = operands.Split ',' |> Array.map (letters subscripts)
        struct (operands,
                operands |> Array.concat |> Array.countBy id |> Array.filter (fun (_, count) -> count = 1) |> Array.map fst |> Array.sort)
    | [| operands; result |] ->
        let operands = operands.Split ',' |> Array.map (letters subscripts)
        let result = letters subscripts result
        for letter in result do
            if not (operands |> Array.exists (Array.contains letter)) then
                Shape.fail operation $"the letter '{letter}' of the result is in no operand of \"{subscripts}\"."
        if (Array.distinct result).Length < result.Length then
            Shape.fail operation $"a letter stands twice in the result of \"{subscripts}\"; a diagonal can be read, not made."
        struct (operands, result)
    | _ -> Shape.fail operation $"expected one arrow at most, got \"{subscripts}\"."

/// The length of each letter's axis, the same wherever it occurs.
let lengths (subscripts: string) (operands: char[][]) (shapes: int[][]) : char -> int =
    let all = String.Join(" and ", shapes |> Array.map Shape.text)
    if operands.Length <> shapes.Length then
        Shape.fail operation $"\"{subscripts}\" speaks of {operands.Length} operands, got {shapes.Length}, of the shapes {all}."
    let found = Collections.Generic.Dictionary<char, int>()
    for index = 0 to shapes.Length - 1 do
        let letters, shape = operands[index], shapes[index]
        if letters.Length <> shape.Length then
            Shape.fail
                operation
                $"\"{String letters}\" in \"{subscripts}\" names {letters.Length} axes, but operand {index + 1} has {shape.Length}; the shapes were {all}."
        for axis = 0 to shape.Length - 1 do
            match found.TryGetValue letters[axis] with
            | true, length when length <> shape[axis] ->
                Shape.fail
                    operation
                    $"the letter '{letters[axis]}' of \"{subscripts}\" stands for axes of the lengths {length} and {shape[axis]}; the shapes were {all}."
            | _ -> found[letters[axis]] <- shape[axis]
    fun letter -> found[letter]
