/// Formulas as text and in LaTeX: a table of both, and a reader that evaluates what was written.
module FuncAD.Tests.Formulas.NotationTests

open System
open System.Globalization
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs
open FuncAD.Tests.Formulas.FormulaTests

// ---- A reader: the value of a text, by the usual precedences ----

/// Recursive descent: sums of products of signed powers of atoms. Powers bind before a sign, and a sign before products.
type private Reader(text: string, variables: Map<string, float>) =
    let mutable at = 0
    let peek () = if at < text.Length then text[at] else '\000'
    let skip () =
        while peek () = ' ' do
            at <- at + 1
    let take (sign: char) =
        skip ()
        if peek () = sign then
            at <- at + 1
            true
        else
            false
    let isIn (kind: char -> bool) =
        let start = at
        while at < text.Length && kind text[at] do
            at <- at + 1
        text[start .. at - 1]

    member reader.Sum() : float =
        let mutable sum = reader.Product()
        let mutable isMore = true
        while isMore do
            if take '+' then sum <- sum + reader.Product()
            elif take '-' then sum <- sum - reader.Product()
            else isMore <- false
        sum

    member reader.Product() : float =
        let mutable product = reader.Signed()
        let mutable isMore = true
        while isMore do
            if take '*' then product <- product * reader.Signed()
            elif take '/' then product <- product / reader.Signed()
            else isMore <- false
        product

    member reader.Signed() : float = if take '-' then -(reader.Signed()) else reader.Power()

    member reader.Power() : float =
        let x = reader.Atom()
        if take '^' then Math.Pow(x, reader.Signed()) else x

    member reader.Atom() : float =
        skip ()
        if take '(' then
            let inside = reader.Sum()
            if not (take ')') then failtest $"no closing parenthesis at {at} in {text}"
            inside
        elif Char.IsDigit(peek ()) then
            let mantissa = isIn (fun letter -> Char.IsDigit letter || letter = '.')
            let exponent =
                if peek () = 'E' then
                    at <- at + 1
                    "E" + isIn (fun letter -> Char.IsDigit letter || letter = '-' || letter = '+')
                else
                    ""
            Double.Parse(mantissa + exponent, CultureInfo.InvariantCulture)
        else
            let name = isIn Char.IsLetterOrDigit
            if take '(' then
                let argument = reader.Sum()
                if not (take ')') then failtest $"no closing parenthesis at {at} in {text}"
                (Table.unaries |> Array.find (fun entry -> entry.Label = name)).Value argument
            else
                variables[name]

    member reader.All() : float =
        let value = reader.Sum()
        skip ()
        if at < text.Length then failtest $"the text goes on at {at}: {text}"
        value

/// The value of a text, with its lines t1 = ..., t2 = ...
let private read (text: string) (names: string[]) (point: float[]) : float =
    let lines = text.Split '\n'
    let define (known: Map<string, float>) (line: string) =
        let parts = line.Split(" = ")
        Map.add parts[0] (Reader(parts[1], known).All()) known
    let known = Seq.fold define (Map.ofSeq (Seq.zip names point)) lines[.. lines.Length - 2]
    Reader(lines.Last, known).All()

let private readable =
    let names =
        set
            [ "negate"
              "sin"
              "exp"
              "tanh"
              "sigmoid"
              "atan"
              "gaussian"
              "sqrt"
              "log"
              "power(2)"
              "power(3)"
              "power(-1)"
              "power(0.5)" ]
    { branchless with
        Unaries = everything.Unaries |> Array.filter (fun entry -> names.Contains entry.Label)
        Binaries = everything.Binaries |> Array.filter (fun entry -> entry.Label = "pow(0)")
        Steps = [||]
        Choices = [||]
        Depth = 0 }

// ---- LaTeX ----

/// Groups and delimiters in pairs.
let private expectBalanced (latex: string) =
    let count (part: string) = (latex.Length - latex.Replace(part, "").Length) / part.Length
    Expect.equal (count "{") (count "}") $"braces: {latex}"
    Expect.equal (count "\\left") (count "\\right") $"delimiters: {latex}"
    let mutable depth = 0
    for letter in latex do
        if letter = '{' then depth <- depth + 1
        if letter = '}' then depth <- depth - 1
        if depth < 0 then failtest $"a brace closes that is not open: {latex}"

let private table: ((Real[] -> Real) * string * string) list =
    let n = real
    [ (fun x -> x[0] + x[1] * x[0]), "x + y * x", @"x + y x"
      (fun x -> (x[0] + x[1]) * x[0]), "(x + y) * x", @"\left(x + y\right) x"
      (fun x -> x[0] * (x[0] + x[1])), "x * (x + y)", @"x \left(x + y\right)"
      (fun x -> x[0] - (x[1] - x[0])), "x - (y - x)", @"x - \left(y - x\right)"
      (fun x -> x[0] - (x[1] + x[0])), "x - (y + x)", @"x - \left(y + x\right)"
      (fun x -> x[0] + (x[1] - x[0])), "x + y - x", @"x + y - x"
      (fun x -> x[0] + -x[1]), "x - y", @"x - y"
      (fun x -> x[0] - -x[1]), "x + y", @"x + y"
      (fun x -> x[0] + n -2.0 * x[1]), "x - 2 * y", @"x - 2 y"
      (fun x -> x[0] * -x[1]), "x * (-y)", @"x \left(-y\right)"
      (fun x -> -x[0] * x[1]), "-x * y", @"-x y"
      (fun x -> -(x[0] + x[1])), "-(x + y)", @"-\left(x + y\right)"
      (fun x -> -(-x[0])), "-(-x)", @"-\left(-x\right)"
      (fun x -> x[0] * x[0]), "x^2", @"x^{2}"
      (fun x -> -(x[0] * x[0])), "-x^2", @"-x^{2}"
      (fun x -> (-x[0]) * (-x[0])), "(-x)^2", @"\left(-x\right)^{2}"
      (fun x -> Real.Pow(-x[0], 3)), "(-x)^3", @"\left(-x\right)^{3}"
      (fun x -> Real.Pow(x[0], -1)), "x^(-1)", @"x^{-1}"
      (fun x -> Real.Pow(x[0], x[1] + n 1.0)), "x^(y + 1)", @"x^{y + 1}"
      (fun x -> Real.Pow(Real.Pow(x[0], x[1]), x[0])), "(x^y)^x", @"\left(x^{y}\right)^{x}"
      (fun x -> Real.Pow(x[0], Real.Pow(x[1], x[0]))), "x^(y^x)", @"x^{y^{x}}"
      (fun x -> Real.Pow(n 2.0, x[0])), "2^x", @"2^{x}"
      (fun x -> x[0] / (x[1] / x[0])), "x / (y / x)", @"\frac{x}{\frac{y}{x}}"
      (fun x -> x[0] / x[1] / x[0]), "x / y / x", @"\frac{\frac{x}{y}}{x}"
      (fun x -> x[0] / (x[1] * x[0])), "x / (y * x)", @"\frac{x}{y x}"
      (fun x -> (x[0] + n 1.0) / (x[1] - n 1.0)), "(x + 1) / (y - 1)", @"\frac{x + 1}{y - 1}"
      (fun x -> -x[0] / x[1]), "-x / y", @"-\frac{x}{y}"
      (fun x -> Real.Pow(x[0] / x[1], 2)), "(x / y)^2", @"\left(\frac{x}{y}\right)^{2}"
      (fun x -> x[0] + x[0] + x[1]), "2 * x + y", @"2 x + y"
      (fun x -> (-x[0]) * (-x[1])), "-x * (-y)", @"-x \left(-y\right)"
      (fun x -> x[0] * n 2.0), "x * 2", @"x \cdot 2"
      (fun x -> n 2.0 * n 3.0 + n 0.1 * x[0]), "6 + 0.1 * x", @"6 + 0.1 x"
      (fun x -> n 1e-20 * x[0]), "1E-20 * x", @"10^{-20} x"
      (fun x -> x[0] * n 2.5e30), "x * 2.5E+30", @"x \cdot 2.5 \cdot 10^{30}"
      (fun x -> x[0] + n infinity), "x + Infinity", @"x + \infty"
      (fun x -> sqrt x[0] + Real.Cbrt x[1] + Real.RootN(x[0], 5)),
      "sqrt(x) + cbrt(y) + rootN(x, 5)",
      @"\sqrt{x} + \sqrt[3]{y} + \sqrt[5]{x}"
      (fun x -> exp (-x[0]) * Real.Exp2 x[1]), "exp(-x) * exp2(y)", @"e^{-x} \cdot 2^{y}"
      (fun x -> Real.Pow(exp x[0], 2)), "exp(x)^2", @"\left(e^{x}\right)^{2}"
      (fun x -> sin x[0] * sin x[0] + Real.Asin x[1]), "sin(x)^2 + asin(y)", @"\sin\left(x\right)^{2} + \arcsin\left(y\right)"
      (fun x -> Real.Log x[0] + Real.Log2 x[0] + Real.Log(x[0], x[1])),
      "log(x) + log2(x) + logBase(x, y)",
      @"\ln\left(x\right) + \log_{2}\left(x\right) + \log_{y}\left(x\right)"
      (fun x -> Real.Abs x[0] + Real.Floor x[1]), "abs(x) + floor(y)", @"\left|x\right| + \left\lfloor y\right\rfloor"
      (fun x -> Real.Max(x[0], x[1])), "max(x, y)", @"\max\left(x, y\right)"
      (fun x -> Special.erf x[0] + Special.besselJ 1 x[1] + Special.polygamma 2 x[0]),
      "erf(x) + besselJ(1, y) + polygamma(2, x)",
      @"\operatorname{erf}\left(x\right) + J_{1}\left(y\right) + \psi^{(2)}\left(x\right)"
      (fun x -> Real.Select(Real.LessOrEqual(x[0], x[1] + n 1.0), x[0], n 0.0)),
      "select(x <= y + 1, x, 0)",
      @"\begin{cases} x & \text{if } x \le y + 1 \\ 0 & \text{otherwise} \end{cases}"
      (fun x -> Real.FusedMultiplyAdd(x[0], x[1], n 1.0)), "x * y + 1", @"x y + 1"
      (fun x -> Real.ScaleB(x[0], 3)), "x * 8", @"x \cdot 8"
      (fun x -> Seq.fold (+) (n 0.0) x), "x + y", @"x + y" ]

[<Tests>]
let tests =
    testList
        "notation"
        [ testCase "text and LaTeX of a table of formulas" (fun () ->
              for f, expected, latex in table do
                  let formula = Symbolic.ofFunction [ "x"; "y" ] f
                  Expect.equal (formula.ToString()) expected "text"
                  Expect.equal (formula.ToLatex()) latex "LaTeX")

          testCase "slopes are written as the mathematics that they compute" (fun () ->
              let slope (f: Real -> Real) = (Symbolic.ofNumber "x" f).Derivative("x").ToString()
              Expect.equal (slope Real.Log) "1 / x" "log"
              Expect.equal (slope sqrt) "0.5 / sqrt(x)" "sqrt"
              Expect.equal (slope Real.Asin) "1 / sqrt(1 - x^2)" "asin"
              Expect.equal (slope Real.Atan) "1 / (1 + x^2)" "atan"
              Expect.equal (slope Exponentials.sigmoid) "sigmoid(x) * sigmoid(-x)" "sigmoid"
              Expect.equal (slope (fun x -> Real.Pow(x, x))) "x * x^(x - 1) + x^x * log(x)" "x^x"
              Expect.equal (slope (fun x -> Real.Hypot(x, real 2.0))) "x / hypot(x, 2)" "hypot"
              Expect.equal (slope (fun x -> Real.Log(x, real 10.0))) "1 / x / log(10)" "logBase"
              Expect.equal (slope (fun x -> Real.Max(x, real 1.0))) "share(x, 1, max(x, 1))" "max")

          // Both are within n u size of the exact value: the text may be read in another order of additions and factors.
          law "what is written is read back as the same value" 800 (cases readable 1 3) (fun case ->
              let f = formula case
              let size = (result case.Program (case.Point |> Array.map (fun x -> Magnitude(x, abs x)))).Size
              let bound = 4.0 * (cost case.Program + 10.0) * u * size
              expectWithin bound (f.Evaluate case.Point) (read (f.ToString()) (names case.Point.Length) case.Point) $"{f}")

          law "so are derivatives" 400 (cases readable 1 2) (fun case ->
              let f = (formula case).Derivative 0
              let text = f.ToString()
              let input index x = Twin(Magnitude(x, abs x), Magnitude((if index = 0 then 1.0 else 0.0), 0.0))
              let size = (result case.Program (Array.mapi input case.Point)).Tangent.Size
              // sigmoid(x) sigmoid(-x) and 1 / (1 + x^2) round as often as the slopes that they are written for
              let bound = 4.0 * (4.0 * cost case.Program + 10.0) * u * size + 1e-300
              if not (text.Contains "sech") then
                  expectWithin bound (f.Evaluate case.Point) (read text (names case.Point.Length) case.Point) text)

          law "LaTeX is balanced" 300 (cases branchless 1 3) (fun case ->
              expectBalanced ((formula case).ToLatex())
              expectBalanced ((formula case).Derivative(0).ToLatex()))

          testCase "a long formula names what it uses more than once" (fun () ->
              let logistic (x: Real) = Seq.fold (fun l _ -> real 4.0 * l * (real 1.0 - l)) x (seq { 2..30 })
              let f = Symbolic.ofNumber "x" logistic
              let text = f.ToString()
              Expect.stringStarts text "t1 = 4 * x * (1 - x)\nt2 = 4 * t1 * (1 - t1)\n" "the first lines"
              Expect.equal (text.Split('\n').Length) 29 "lines"
              expectClose 1e9 (f.Evaluate 0.2) (read text [| "x" |] [| 0.2 |]) "read back; the map doubles errors in each step"
              let latex = f.ToLatex()
              Expect.stringStarts latex @"\begin{aligned} t_{1} &= 4 x \left(1 - x\right) \\ t_{2} &= " "LaTeX"
              expectBalanced latex
              let taken = Symbolic.ofNumber "t1" logistic
              Expect.stringStarts (taken.ToString()) "tt1 = 4 * t1 * (1 - t1)\n" "names that are taken")

          testCase "names in LaTeX" (fun () ->
              for name, expected in
                  [ "x", "x"
                    "x1", "x_{1}"
                    "x_12", "x_{12}"
                    "v-1", "v_{-1}"
                    "theta", @"\theta"
                    "beta0", @"\beta_{0}"
                    "rate", @"\mathrm{rate}"
                    "half_life", @"\mathrm{half\_life}"
                    "a1b", @"\mathrm{a1b}"
                    "_", @"\_" ] do
                  Expect.equal ((Symbolic.ofNumber name id).ToLatex()) expected name) ]
