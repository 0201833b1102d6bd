namespace FuncAD.Formulas

open System.Collections.Generic
open System.Text
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>Writes expressions, with parentheses only where the reading needs them.</summary>
module internal Writer =
    /// Written out up to this many nodes; beyond, subexpressions that occur more than once get a name.
    let private longest = 2000.0

    let private relation (sign: string) (a: Expression) (b: Expression) : Phrase =
        { Binding = Binding.Relation
          Beginning = Beginning.Other
          Pieces = [ Piece.Part(a, Binding.Sum); Piece.Word $" {sign} "; Piece.Part(b, Binding.Sum) ] }

    let private negation (x: Expression) : Phrase =
        { Binding = Binding.Negation; Beginning = Beginning.Minus; Pieces = [ Piece.Sign; Piece.Part(x, Binding.Product) ] }

    /// What a text with this part at its start begins with, if the part needs no parentheses there.
    let private beginning (place: Binding) (part: Phrase) = if part.Binding >= place then part.Beginning else Beginning.Other

    /// A sum, or a difference: a second part that begins with a minus turns one into the other.
    let private sum (isDifference: bool) (a: Expression) (b: Expression) (ofA: Phrase) (ofB: Phrase) : Phrase =
        let place = if isDifference then Binding.Negation else Binding.Sum
        let isTurned = beginning place ofB = Beginning.Minus
        { Binding = Binding.Sum
          Beginning = beginning Binding.Sum ofA
          Pieces =
            [ Piece.Part(a, Binding.Sum)
              Piece.Word(if isDifference <> isTurned then " - " else " + ")
              (if isTurned then Piece.Unsigned(b, place) else Piece.Part(b, place)) ] }

    let private product (notation: Notation) (a: Expression) (b: Expression) (ofA: Phrase) (ofB: Phrase) : Phrase =
        let first = beginning Binding.Negation ofA
        { Binding = if first = Beginning.Minus then Binding.Negation else Binding.Product
          Beginning = first
          Pieces =
            [ Piece.Part(a, Binding.Negation); Piece.Word(notation.Times(beginning Binding.Product ofB)); Piece.Part(b, Binding.Product) ] }

    let private phrase (notation: Notation) (names: string[]) (node: Expression) (ofA: Phrase) (ofB: Phrase) : Phrase =
        if node.IsVariable then
            { Binding = Binding.Atom; Beginning = Beginning.Other; Pieces = [ Piece.Word(notation.Name names[node.Position]) ] }
        elif node.IsConstant then
            notation.Constant node.Value
        else
            let a, b = node.A, node.B
            match node.Primitive.Instruction with
            | Instruction.Add -> sum false a b ofA ofB
            | Instruction.Subtract -> sum true a b ofA ofB
            | Instruction.Multiply -> product notation a b ofA ofB
            | Instruction.Divide -> notation.Quotient(a, b, ofA)
            | Instruction.Negate -> negation a
            | Instruction.Less -> relation "<" a b
            | Instruction.LessOrEqual -> relation notation.LessOrEqual a b
            | Instruction.Equal -> relation "=" a b
            | _ when (node.Primitive.Rule :? Powers.PowerLog) -> notation.Power(a, b, ofA)
            | _ -> notation.Function node

    /// Writes a node, others by the names that they have. The texts that are still to come are on a stack.
    let private write (notation: Notation) (phraseOf: Expression -> Phrase) (nameOf: Expression -> string) (root: Expression) : string =
        let text = StringBuilder()
        let pending = Stack<struct (Piece * bool)>()
        let rec push (isUnsigned: bool) (pieces: Piece list) =
            match pieces with
            | [] -> ()
            | first :: others ->
                push false others
                pending.Push(struct (first, isUnsigned))
        push false (phraseOf root).Pieces
        while pending.Count > 0 do
            match pending.Pop() with
            | struct (Piece.Word word, _) -> text.Append word |> ignore
            | struct (Piece.Sign, isUnsigned) -> if not isUnsigned then text.Append '-' |> ignore
            | struct (Piece.Unsigned(node, _), _) -> push true (phraseOf node).Pieces
            | struct (Piece.Part(node, place), isUnsigned) ->
                match nameOf node with
                | null ->
                    let phrase = phraseOf node
                    if phrase.Binding >= place then
                        push isUnsigned phrase.Pieces
                    else
                        push false [ Piece.Word notation.Open; yield! phrase.Pieces; Piece.Word notation.Close ]
                | name -> text.Append name |> ignore
        text.ToString()

    /// Names for the operations that are used more than once, in the order of their computation.
    let private definitions (steps: Steps) (names: string[]) : Dictionary<Expression, string> =
        let uses = steps.Uses
        let mutable stem = "t"
        while names |> Array.exists (fun name -> name.StartsWith stem) do
            stem <- stem + "t"
        let named = Dictionary<Expression, string>()
        for node in steps.Nodes do
            if node.Arity > 0 && uses node > 1 then named[node] <- stem + string (named.Count + 1)
        named

    let private writtenOut (notation: Notation) (names: string[]) (steps: Steps) (root: Expression) : string =
        let phrases = steps.Gather(fun node a b _ -> phrase notation names node a b)
        write notation (fun node -> phrases[steps.PositionOf node]) (fun _ -> null) root

    /// A line for each subexpression that is used more than once, and one for the result.
    let private inLines (notation: Notation) (names: string[]) (steps: Steps) (root: Expression) : string =
        let named = definitions steps names
        let nameOf (node: Expression) =
            match named.TryGetValue node with
            | true, name -> notation.Name name
            | _ -> null
        // to those who use it, what has a name is an atom
        let atom = { Binding = Binding.Atom; Beginning = Beginning.Other; Pieces = [] }
        let seen (node: Expression) (own: Phrase) = if named.ContainsKey node then atom else own
        let phrases =
            steps.Gather(fun node (struct (_, a)) (struct (_, b)) _ ->
                let own = phrase notation names node a b
                struct (own, seen node own))
        let text = write notation (fun node -> let struct (own, _) = phrases[steps.PositionOf node] in own) nameOf
        let lines =
            [ for node in steps.Nodes do
                  if named.ContainsKey node then notation.Definition(nameOf node, text node) ]
        notation.Definitions(lines, text root)

    let text (notation: Notation) (names: string[]) (steps: Steps) : string =
        let root = Spelling.writeOut steps
        let steps = Steps root
        (if steps.TreeSize <= longest then writtenOut else inLines) notation names steps root
