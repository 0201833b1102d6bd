/// Functions as parts of a result: F# functions and delegates.
namespace FuncAD

open System
open System.Linq.Expressions
open System.Reflection

[<Sealed>]
type internal FSharpFunctionStructure<'A, 'B>() =
    inherit FunctionStructure()

    override _.Lift rerun =
        let at (argument: 'A) = rerun.Apply(fun f -> (f :?> ('A -> 'B)) argument)
        let primal argument = let struct (primal, _) = at argument in primal
        let tangent argument = let struct (_, tangent) = at argument in tangent
        struct (box (primal: 'A -> 'B), box (tangent: 'A -> 'B))

/// A delegate with any number of arguments and the result 'B.
[<Sealed>]
type internal DelegateStructure<'D, 'B>() =
    inherit FunctionStructure()
    let invoke = typeof<'D>.GetMethod "Invoke"
    let parameters = invoke.GetParameters() |> Array.map (fun p -> Expression.Parameter(p.ParameterType, p.Name))

    /// A delegate of type 'D from a function of its boxed arguments.
    let wrap (body: obj[] -> 'B) =
        let boxed = Expression.NewArrayInit(typeof<obj>, [ for p in parameters -> Expression.Convert(p, typeof<obj>) :> Expression ])
        let call = Expression.Invoke(Expression.Constant(Func<obj[], 'B> body), boxed)
        box (Expression.Lambda(typeof<'D>, call, parameters).Compile())

    let call =
        let target, arguments = Expression.Parameter typeof<'D>, Expression.Parameter typeof<obj[]>
        let unboxed =
            parameters
            |> Array.mapi (fun i p -> Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant i), p.Type) :> Expression)
        Expression.Lambda<Func<'D, obj[], 'B>>(Expression.Invoke(target, unboxed), target, arguments).Compile()

    override _.Lift rerun =
        let at (arguments: obj[]) = rerun.Apply(fun f -> call.Invoke(unbox<'D> f, arguments))
        let primal arguments = let struct (primal, _) = at arguments in primal
        let tangent arguments = let struct (_, tangent) = at arguments in tangent
        struct (wrap primal, wrap tangent)
