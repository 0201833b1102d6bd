namespace FuncAD.Formulas

open System
open System.Globalization
open System.Reflection
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules

/// How strongly the outermost operation of a text binds: text in a place that asks for more stands in parentheses.
type internal Binding =
    | Anything = 0
    | Relation = 1
    | Sum = 2
    | Negation = 3
    | Product = 4
    | Power = 5
    | Atom = 6

/// What a text begins with: a minus can become that of a difference, and a digit must not follow a number at once.
type internal Beginning =
    | Other = 0
    | Minus = 1
    | Digit = 2

/// A part of a text.
[<RequireQualifiedAccess>]
type internal Piece =
    | Word of string
    /// The sign at the beginning; it is left out where it has become that of a difference.
    | Sign
    /// An expression, in parentheses if it binds less than this.
    | Part of Expression * Binding
    /// The same without the minus that it begins with.
    | Unsigned of Expression * Binding

/// How an operation is written.
[<NoEquality; NoComparison>]
type internal Phrase = { Binding: Binding; Beginning: Beginning; Pieces: Piece list }

/// A way to write: as text, or in LaTeX.
[<AbstractClass>]
type internal Notation() =
    static let invariant = CultureInfo.InvariantCulture

    /// The parameters of a rule, such as the order of a Bessel function, in the order of its declaration.
    static member Parameters(rule: obj) : string list =
        [ for field in rule.GetType().GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic) do
              match field.GetValue rule with
              | :? int as whole -> whole.ToString invariant
              | :? float as number -> Basics.exact number
              | :? Enum as choice -> string choice
              | _ -> () ]

    /// The arguments of a function.
    static member Separated(parts: Piece list) : Piece list =
        parts |> List.mapi (fun index part -> if index = 0 then [ part ] else [ Piece.Word ", "; part ]) |> List.concat

    abstract Open: string
    abstract Close: string

    /// A variable by its name.
    abstract Name: string -> string
    abstract Constant: float -> Phrase

    /// Between the factors of a product, by what the second begins with.
    abstract Times: Beginning -> string
    abstract Quotient: a: Expression * b: Expression * ofA: Phrase -> Phrase
    abstract Power: x: Expression * exponent: Expression * ofX: Phrase -> Phrase
    abstract LessOrEqual: string

    /// A rule without an operator: a function.
    abstract Function: node: Expression -> Phrase

    /// One definition of a subexpression, and all of them with the result.
    abstract Definition: name: string * text: string -> string
    abstract Definitions: definitions: string list * result: string -> string

/// As programs and calculators have it: x^2, sin(x), a / b.
[<Sealed>]
type internal TextNotation() =
    inherit Notation()

    let call (name: string) (parts: Piece list) : Phrase =
        { Binding = Binding.Atom
          Beginning = Beginning.Other
          Pieces = [ Piece.Word(name + "("); yield! Notation.Separated parts; Piece.Word ")" ] }

    override _.Open = "("
    override _.Close = ")"
    override _.Name name = name

    override _.Constant value =
        let isNegative = Double.IsNegative value && not (Double.IsNaN value)
        { Binding = if isNegative then Binding.Negation else Binding.Atom
          Beginning = if isNegative then Beginning.Minus else Beginning.Other
          Pieces =
            [ if isNegative then Piece.Sign
              Piece.Word(Basics.exact (if isNegative then -value else value)) ] }

    override _.Times _ = " * "

    override _.Quotient(a, b, ofA) =
        { Binding = if ofA.Binding >= Binding.Negation && ofA.Beginning = Beginning.Minus then Binding.Negation else Binding.Product
          Beginning = if ofA.Binding >= Binding.Negation then ofA.Beginning else Beginning.Other
          Pieces = [ Piece.Part(a, Binding.Negation); Piece.Word " / "; Piece.Part(b, Binding.Power) ] }

    override _.Power(x, exponent, _) =
        { Binding = Binding.Power
          Beginning = Beginning.Other
          Pieces = [ Piece.Part(x, Binding.Atom); Piece.Word "^"; Piece.Part(exponent, Binding.Atom) ] }

    override _.LessOrEqual = "<="

    override _.Function node =
        let primitive = node.Primitive
        let arguments = [ for index in 0 .. node.Arity - 1 -> Piece.Part(node.Argument index, Binding.Anything) ]
        let parameters = Notation.Parameters primitive.Rule |> List.map Piece.Word
        match primitive.Rule with
        | :? Powers.RootN as rule -> call "rootN" [ yield! arguments; Piece.Word(string rule.Degree) ]
        | :? Piecewise.Round -> call primitive.Name [ yield! arguments; yield! parameters ]
        | _ -> call primitive.Name [ yield! parameters; yield! arguments ]

    override _.Definition(name, text) = name + " = " + text
    override _.Definitions(definitions, result) = String.Join("\n", definitions @ [ result ])

/// For LaTeX's mathematical mode, with the commands of amsmath.
[<Sealed>]
type internal LatexNotation() =
    inherit Notation()

    static let greek =
        set
            [ "alpha"
              "beta"
              "gamma"
              "delta"
              "epsilon"
              "zeta"
              "eta"
              "theta"
              "iota"
              "kappa"
              "lambda"
              "mu"
              "nu"
              "xi"
              "pi"
              "rho"
              "sigma"
              "tau"
              "upsilon"
              "phi"
              "chi"
              "psi"
              "omega" ]

    /// Functions whose LaTeX name is not \operatorname of the table's.
    static let commands =
        Map
            [ for name in [ "sin"; "cos"; "tan"; "sinh"; "cosh"; "tanh"; "exp"; "max"; "min" ] do
                  name, "\\" + name
              "asin", "\\arcsin"
              "acos", "\\arccos"
              "atan", "\\arctan"
              "asinh", "\\operatorname{arsinh}"
              "acosh", "\\operatorname{arcosh}"
              "atanh", "\\operatorname{artanh}"
              "log", "\\ln"
              "log2", "\\log_{2}"
              "log10", "\\log_{10}"
              "gamma", "\\Gamma"
              "digamma", "\\psi"
              "sigmoid", "\\sigma"
              "normalCdf", "\\Phi"
              "normalPdf", "\\varphi"
              "sign", "\\operatorname{sgn}" ]

    let atom (pieces: Piece list) = { Binding = Binding.Atom; Beginning = Beginning.Other; Pieces = pieces }
    let inside (x: Expression) = Piece.Part(x, Binding.Anything)
    let around (left: string) (x: Expression) (right: string) = atom [ Piece.Word left; inside x; Piece.Word right ]

    let raised (basis: string) (beginning: Beginning) (x: Expression) : Phrase =
        { Binding = Binding.Power; Beginning = beginning; Pieces = [ Piece.Word(basis + "^{"); inside x; Piece.Word "}" ] }

    let call (name: string) (parts: Piece list) : Phrase =
        atom [ Piece.Word(name + "\\left("); yield! Notation.Separated parts; Piece.Word "\\right)" ]

    let escaped (name: string) = String.collect (fun letter -> if "_&%$#{}".Contains letter then $"\\{letter}" else string letter) name

    let symbol (name: string) =
        if name.Length = 1 then escaped name
        elif greek.Contains name then "\\" + name
        else "\\mathrm{" + escaped name + "}"

    override _.Open = "\\left("
    override _.Close = "\\right)"

    /// x1, x_1 and v-1 are letters with an index.
    override _.Name name =
        let letters = name.TrimEnd("0123456789".ToCharArray())
        let index = name.Substring letters.Length
        let signed = if letters.EndsWith '-' then "-" + index else index
        let stem = letters.TrimEnd('-', '_')
        if index = "" || stem = "" || stem |> Seq.exists Char.IsDigit then symbol name else symbol stem + "_{" + signed + "}"

    override _.Constant value =
        let isNegative = Double.IsNegative value && not (Double.IsNaN value)
        let digits = Basics.exact (if isNegative then -value else value)
        let text, binding =
            match digits.Split 'E' with
            | [| "1"; exponent |] -> "10^{" + string (int exponent) + "}", Binding.Power
            | [| mantissa; exponent |] -> mantissa + " \\cdot 10^{" + string (int exponent) + "}", Binding.Product
            | _ when Double.IsNaN value -> "\\mathrm{NaN}", Binding.Atom
            | _ when Double.IsInfinity value -> "\\infty", Binding.Atom
            | _ -> digits, Binding.Atom
        { Binding = if isNegative then Binding.Negation else binding
          Beginning = if isNegative then Beginning.Minus else Beginning.Digit
          Pieces =
            [ if isNegative then Piece.Sign
              Piece.Word text ] }

    override _.Times beginning = if beginning = Beginning.Digit then " \\cdot " else " "

    // The minus of the numerator stands before the fraction.
    override _.Quotient(a, b, ofA) =
        let isSigned = ofA.Binding >= Binding.Negation && ofA.Beginning = Beginning.Minus
        { Binding = if isSigned then Binding.Negation else Binding.Product
          Beginning = if isSigned then Beginning.Minus else Beginning.Other
          Pieces =
            [ if isSigned then Piece.Sign
              Piece.Word "\\frac{"
              (if isSigned then Piece.Unsigned(a, Binding.Anything) else inside a)
              Piece.Word "}{"
              inside b
              Piece.Word "}" ] }

    override _.Power(x, exponent, ofX) =
        { Binding = Binding.Power
          Beginning = if ofX.Binding = Binding.Atom then ofX.Beginning else Beginning.Other
          Pieces = [ Piece.Part(x, Binding.Atom); Piece.Word "^{"; inside exponent; Piece.Word "}" ] }

    override _.LessOrEqual = "\\le"

    override _.Function node =
        let primitive, x = node.Primitive, node.A
        let arguments = [ for index in 0 .. node.Arity - 1 -> inside (node.Argument index) ]
        let parameters = Notation.Parameters primitive.Rule
        let indexed (name: string) = call (name + "_{" + String.Join(", ", parameters) + "}") arguments
        match primitive.Name with
        | "exp" -> raised "e" Beginning.Other x
        | "exp2" -> raised "2" Beginning.Digit x
        | "exp10" -> raised "10" Beginning.Digit x
        | "sqrt" -> around "\\sqrt{" x "}"
        | "cbrt" -> around "\\sqrt[3]{" x "}"
        | "rootN" -> around ("\\sqrt[" + string (primitive.Rule :?> Powers.RootN).Degree + "]{") x "}"
        | "abs" -> around "\\left|" x "\\right|"
        | "floor" -> around "\\left\\lfloor " x "\\right\\rfloor"
        | "ceiling" -> around "\\left\\lceil " x "\\right\\rceil"
        | "logBase" -> atom [ Piece.Word "\\log_{"; inside node.B; Piece.Word "}\\left("; inside x; Piece.Word "\\right)" ]
        | "besselJ" -> indexed "J"
        | "besselY" -> indexed "Y"
        | "polygamma" -> call ("\\psi^{(" + parameters.Head + ")}") arguments
        | "sphericalBesselJ" -> indexed "j"
        | "select" ->
            atom
                [ Piece.Word "\\begin{cases} "
                  inside node.B
                  Piece.Word " & \\text{if } "
                  inside node.A
                  Piece.Word " \\\\ "
                  inside node.C
                  Piece.Word " & \\text{otherwise} \\end{cases}" ]
        | name ->
            match commands.TryFind name with
            | Some command -> call command arguments
            | None -> call ("\\operatorname{" + escaped name + "}") (arguments @ List.map Piece.Word parameters)

    override _.Definition(name, text) = name + " &= " + text
    override _.Definitions(definitions, result) =
        "\\begin{aligned} " + String.Join(" \\\\ ", definitions @ [ "& " + result ]) + " \\end{aligned}"
