/// <summary>
/// Quotations transformed: source to source.
///
/// F# quotes its own code, <c>&lt;@ fun (x: float) -> x * sin x @&gt;</c>, and a quotation is a tree. Its derivative is a quotation
/// again: it can be printed, compiled, and differentiated once more. What the other ways do when a program runs, with numbers, is done
/// here before it runs, with names (Griewank and Walther 2008, section 6.2, source transformation).
///
/// Each intermediate result gets a name by <c>let</c>, so that nothing is written, or computed, twice. In forward mode the names of
/// tangents stand beside those of values. In reverse mode the transformer keeps a tape of names and slopes, and writes it out backwards:
/// the tape is gone when the program runs. The branches of an <c>if</c> are transformed each by itself; on the way back the branch is
/// computed again.
///
/// Understood are numbers, + - * /, sin, cos, exp, log, let, if with a comparison, and inputs x[i] with i written out. All else is an
/// error that shows the expression.
/// </summary>
module Ways.Quotations

open System.Collections.Generic
open System.Runtime.CompilerServices
open Microsoft.FSharp.Quotations
open Microsoft.FSharp.Quotations.Patterns

let private operators =
    [ "op_Addition"; "op_Subtraction"; "op_Multiply"; "op_Division"; "op_UnaryNegation"; "Sin"; "Cos"; "Exp"; "Log" ]
let private comparisons =
    [ "op_GreaterThan"; "op_LessThan"; "op_GreaterThanOrEqual"; "op_LessThanOrEqual"; "op_Equality"; "op_Inequality" ]

/// A call of an operator or function of FSharp.Core, by its name.
let private (|Operator|_|) (expression: Expr) =
    match expression with
    | Call(None, called, arguments) when called.DeclaringType.Name = "Operators" -> Some(called.Name, arguments)
    | _ -> None

/// x[i]
let private (|Item|_|) (expression: Expr) =
    match expression with
    | Call(None, called, [ Var array; Value(:? int as index, _) ]) when called.Name = "GetArray" -> Some(array, index)
    | _ -> None

let private notUnderstood (expression: Expr) = invalidArg "f" $"This way does not understand {expression}."

/// The slopes of an operation in terms of its arguments and its result.
let private slopes (operation: string) (arguments: Expr<float> list) (y: Expr<float>) : Expr<float> list =
    match operation, arguments with
    | "op_Addition", [ _; _ ] -> [ <@ 1.0 @>; <@ 1.0 @> ]
    | "op_Subtraction", [ _; _ ] -> [ <@ 1.0 @>; <@ -1.0 @> ]
    | "op_Multiply", [ a; b ] -> [ b; a ]
    | "op_Division", [ _; b ] -> [ <@ 1.0 / %b @>; <@ -(%y) / %b @> ]
    | "op_UnaryNegation", [ _ ] -> [ <@ -1.0 @> ]
    | "Sin", [ x ] -> [ <@ cos %x @> ]
    | "Cos", [ x ] -> [ <@ -(sin %x) @> ]
    | "Exp", [ _ ] -> [ y ]
    | "Log", [ x ] -> [ <@ 1.0 / %x @> ]
    | other -> invalidArg "f" $"This way has no slope for {other}."

let private times (slope: Expr<float>) (tangent: Expr<float>) : Expr<float> =
    match slope with
    | Value(:? float as c, _) when c = 1.0 -> tangent
    | _ -> <@ %slope * %tangent @>

/// Code that is being written: a row of lets. What is a name or a number already needs none.
type private Block() =
    let bindings = Stack<Var * Expr>()

    member _.NameOf(expression: Expr) : Expr =
        match expression with
        | Var _
        | Value _ -> expression
        | _ ->
            let name = Var("t", expression.Type)
            bindings.Push((name, expression))
            Expr.Var name

    member block.Name(expression: Expr) : Expr<float> = Expr.Cast<float>(block.NameOf expression)

    /// The lets, around a result.
    member _.Around(result: Expr) : Expr = bindings |> Seq.fold (fun body (name, expression) -> Expr.Let(name, expression, body)) result

/// The same operation or comparison of other arguments.
let private remake (expression: Expr) (arguments: Expr<float> list) : Expr =
    match expression with
    | Call(None, called, _) -> Expr.Call(called, arguments |> List.map _.Raw)
    | other -> notUnderstood other

let private comparison (value: Expr -> Expr<float>) (condition: Expr) : Expr =
    match condition with
    | Operator(name, arguments) when List.contains name comparisons -> arguments |> List.map value |> remake condition
    | other -> notUnderstood other

// ---- Forward: names of values and of tangents side by side ----

let rec private forward (block: Block) (names: Map<Var, Expr<float> * Expr<float>>) (expression: Expr) : Expr<float> * Expr<float> =
    RuntimeHelpers.EnsureSufficientExecutionStack()
    match expression with
    | Var v when names.ContainsKey v -> names[v]
    | Value(:? float, _) -> Expr.Cast<float> expression, <@ 0.0 @>
    | Let(v, e, body) -> forward block (names.Add(v, forward block names e)) body
    | Operator(operation, arguments) when List.contains operation operators ->
        let values, tangents = arguments |> List.map (forward block names) |> List.unzip
        let y = block.Name(remake expression values)
        let contributions = List.map2 times (slopes operation values y) tangents
        y, block.Name(contributions |> List.reduce (fun a b -> <@ %a + %b @>))
    | IfThenElse(condition, positive, otherwise) ->
        let test = block.NameOf(comparison (forward block names >> fst) condition)
        let branch (part: Expr<float> * Expr<float> -> Expr<float>) code =
            let inner = Block()
            let result = part (forward inner names code)
            inner.Around result
        let either part = block.Name(Expr.IfThenElse(test, branch part positive, branch part otherwise))
        either fst, either snd
    | other -> notUnderstood other

// ---- Reverse: values first, then a tape of names, written out backwards ----

type private Step =
    /// The cotangent of y goes to each of these, multiplied by a slope.
    | Contribute of y: Expr<float> * (Expr<float> * Expr<float>) list
    /// y is the result of one branch or the other; the names are those in scope there.
    | Branch of y: Expr<float> * test: Expr * positive: Expr * otherwise: Expr * names: Map<Var, Expr<float>>

let rec private values (block: Block) (tape: Stack<Step>) (names: Map<Var, Expr<float>>) (expression: Expr) : Expr<float> =
    RuntimeHelpers.EnsureSufficientExecutionStack()
    match expression with
    | Var v when names.ContainsKey v -> names[v]
    | Value(:? float, _) -> Expr.Cast<float> expression
    | Let(v, e, body) -> values block tape (names.Add(v, values block tape names e)) body
    | Operator(operation, arguments) when List.contains operation operators ->
        let arguments = arguments |> List.map (values block tape names)
        let y = block.Name(remake expression arguments)
        tape.Push(Contribute(y, List.zip arguments (slopes operation arguments y)))
        y
    | IfThenElse(condition, positive, otherwise) ->
        let test = block.NameOf(comparison (values block (Stack()) names) condition)
        let branch code =
            let inner = Block()
            let result = values inner (Stack()) names code
            inner.Around result
        let y = block.Name(Expr.IfThenElse(test, branch positive, branch otherwise))
        tape.Push(Branch(y, test, positive, otherwise, names))
        y
    | other -> notUnderstood other

/// Writes the value of an expression, and the cotangents of the wanted names for a cotangent of it.
let rec private pullback
    (block: Block)
    (names: Map<Var, Expr<float>>)
    (wanted: Expr<float> list)
    (cotangent: Expr<float>)
    (expression: Expr)
    : Expr<float> * Expr<float> list =
    let tape = Stack<Step>()
    let y = values block tape names expression
    let sums = Dictionary<Var, Expr<float>>()
    let receive (target: Expr<float>) (contribution: Expr<float>) =
        match target with
        | Var v ->
            sums[v] <-
                match sums.TryGetValue v with
                | true, sum -> <@ %sum + %contribution @>
                | _ -> contribution
        | _ -> ()
    let sumOf (target: Expr<float>) =
        match target with
        | Var v when sums.ContainsKey v -> Some sums[v]
        | _ -> None
    receive y cotangent
    for step in tape do
        match step with
        | Contribute(y, arguments) ->
            sumOf y
            |> Option.iter (fun sum ->
                let cotangent = block.Name sum
                for argument, slope in arguments do
                    receive argument (times slope cotangent))
        | Branch(y, test, positive, otherwise, names) ->
            sumOf y
            |> Option.iter (fun sum ->
                let cotangent = block.Name sum
                let used =
                    Seq.append (positive.GetFreeVars()) (otherwise.GetFreeVars()) |> Seq.choose names.TryFind |> Seq.distinct |> List.ofSeq
                let branch code =
                    let inner = Block()
                    let _, cotangents = pullback inner names used cotangent code
                    inner.Around(Expr.NewArray(typeof<float>, cotangents |> List.map _.Raw))
                let cotangents = Expr.Cast<float[]>(block.NameOf(Expr.IfThenElse(test, branch positive, branch otherwise)))
                used |> List.iteri (fun index name -> receive name <@ (%cotangents)[index] @>))
    y, wanted |> List.map (sumOf >> Option.defaultValue <@ 0.0 @>)

// ---- Functions ----

/// A function of an array as an expression in as many names.
let private named (inputs: int) (f: Expr) : Var[] * Expr =
    let names = Array.init inputs (fun index -> Var($"x{index}", typeof<float>))
    match f with
    | Lambda(x, body) ->
        let rec replace (expression: Expr) : Expr =
            RuntimeHelpers.EnsureSufficientExecutionStack()
            match expression with
            | Item(array, index) when array = x && index < inputs -> Expr.Var names[index]
            | ExprShape.ShapeVar _ -> expression
            | ExprShape.ShapeLambda(name, body) -> Expr.Lambda(name, replace body)
            | ExprShape.ShapeCombination(shape, parts) -> ExprShape.RebuildShapeCombination(shape, parts |> List.map replace)
        names, replace body
    | other -> notUnderstood other

let private items (array: Var) (count: int) (block: Block) : Expr<float> list =
    let array = Expr.Cast<float[]>(Expr.Var array)
    List.init count (fun index -> block.Name <@ (%array)[index] @>)

/// f', by forward mode. It can be differentiated again.
let derivative (f: Expr<float -> float>) : Expr<float -> float> =
    match f with
    | Lambda(x, body) ->
        let block = Block()
        let _, tangent = forward block (Map [ x, (Expr.Cast<float>(Expr.Var x), <@ 1.0 @>) ]) body
        Expr.Cast<float -> float>(Expr.Lambda(x, block.Around tangent))
    | other -> notUnderstood other

/// The value at a point, and the derivative in a direction.
let pushforward (inputs: int) (f: Expr<float[] -> float>) : Expr<float[] -> float[] -> float * float> =
    let names, body = named inputs f
    let point, direction, block = Var("point", typeof<float[]>), Var("direction", typeof<float[]>), Block()
    let pairs = List.zip (items point inputs block) (items direction inputs block)
    let value, tangent = forward block (Seq.zip names pairs |> Map.ofSeq) body
    let result = block.Around(Expr.NewTuple [ value; tangent ])
    Expr.Cast<float[] -> float[] -> float * float>(Expr.Lambda(point, Expr.Lambda(direction, result)))

/// The value and the gradient, by reverse mode.
let gradient (inputs: int) (f: Expr<float[] -> float>) : Expr<float[] -> float * float[]> =
    let names, body = named inputs f
    let point, block = Var("point", typeof<float[]>), Block()
    let inputs = items point inputs block
    let value, cotangents = pullback block (Seq.zip names inputs |> Map.ofSeq) inputs <@ 1.0 @> body
    let result = Expr.NewTuple [ value; Expr.NewArray(typeof<float>, cotangents |> List.map _.Raw) ]
    Expr.Cast<float[] -> float * float[]>(Expr.Lambda(point, block.Around result))

// ---- The gradient of a program ----

/// A program as a quotation: a let for each operation.
let quotation (program: Program) : Expr<float[] -> float> =
    let point, block = Var("x", typeof<float[]>), Block()
    let numbers = ResizeArray(items point program.Inputs block)
    for operation in program.Operations do
        let at (index: int) : Expr<float> = numbers[index]
        numbers.Add(
            match operation with
            | Constant c -> <@ c @>
            | Add(a, b) -> block.Name <@ %(at a) + %(at b) @>
            | Subtract(a, b) -> block.Name <@ %(at a) - %(at b) @>
            | Multiply(a, b) -> block.Name <@ %(at a) * %(at b) @>
            | Divide(a, b) -> block.Name <@ %(at a) / %(at b) @>
            | Negate x -> block.Name <@ -(%(at x)) @>
            | Sin x -> block.Name <@ sin %(at x) @>
            | Cos x -> block.Name <@ cos %(at x) @>
            | Exp x -> block.Name <@ exp %(at x) @>
            | Log x -> block.Name <@ log %(at x) @>
            | Choose(test, a, b) -> block.Name <@ if %(at test) > 0.0 then %(at a) else %(at b) @>
        )
    Expr.Cast<float[] -> float>(Expr.Lambda(point, block.Around numbers[numbers.Count - 1]))

let private calculate (operation: string) (arguments: Scalar list) : Scalar =
    match operation, arguments with
    | "op_Addition", [ a; b ] -> a + b
    | "op_Subtraction", [ a; b ] -> a - b
    | "op_Multiply", [ a; b ] -> a * b
    | "op_Division", [ a; b ] -> a / b
    | "op_UnaryNegation", [ x ] -> -x
    | "Sin", [ x ] -> sin x
    | "Cos", [ x ] -> cos x
    | "Exp", [ x ] -> exp x
    | "Log", [ x ] -> log x
    | other -> invalidArg "f" $"This way has no value for {other}."

/// Runs transformed code on numbers that count. (LeafExpressionConverter.EvaluateQuotation of FSharp.Core compiles it.)
let rec private run (names: Map<Var, obj>) (expression: Expr) : obj =
    RuntimeHelpers.EnsureSufficientExecutionStack()
    let number e = unbox<Scalar>(run names e)
    match expression with
    | Var v -> names[v]
    | Value(:? float as c, _) -> box (Scalar c)
    | Let(v, e, body) -> run (names.Add(v, run names e)) body
    | IfThenElse(condition, positive, otherwise) -> run names (if unbox<bool>(run names condition) then positive else otherwise)
    | Item(array, index) -> box (Array.get (unbox<Scalar[]> names[array]) index)
    | NewArray(_, parts) -> parts |> List.map number |> List.toArray |> box
    | NewTuple parts -> parts |> List.map (run names) |> List.toArray |> box
    | Operator("op_GreaterThan", [ a; b ]) -> box ((number a).Value > (number b).Value)
    | Operator(operation, arguments) -> box (calculate operation (arguments |> List.map number))
    | other -> notUnderstood other

let private scalars (xs: float[]) : obj = box (xs |> Array.map Scalar)
let private value (scalar: obj) : float = (unbox<Scalar> scalar).Value

let private byReverse (program: Program) (point: float[]) : float * float[] =
    match gradient program.Inputs (quotation program) with
    | Lambda(x, body) ->
        let result = run (Map [ x, scalars point ]) body :?> obj[]
        value result[0], unbox<Scalar[]> result[1] |> Array.map _.Value
    | other -> notUnderstood other

let private byForward (program: Program) (point: float[]) : float * float[] =
    match pushforward program.Inputs (quotation program) with
    | Lambda(x, Lambda(v, body)) ->
        let along index =
            let direction = Array.init point.Length (fun k -> if k = index then 1.0 else 0.0)
            run (Map [ x, scalars point; v, scalars direction ]) body :?> obj[]
        let runs = Array.init point.Length along
        value (Array.head runs[0]), runs |> Array.map (Array.last >> value)
    | other -> notUnderstood other

let ways: Way list =
    let quoted name wide gradient limits =
        { Name = $"quotations, {name}"
          Source = "Griewank and Walther 2008, section 6.2"
          Shared = Linear
          Wide = wide
          Depth = Untried "a let around n lets is built in time n, so that n of them take n^2"
          Limits = limits
          Gradient = gradient }
    [ quoted "forward" Quadratic byForward "a run for each input; what is quoted must be understood"
      quoted "reverse" Linear byReverse "what is quoted must be understood; a gradient's code is not differentiated again" ]
