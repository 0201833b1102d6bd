namespace FuncAD

open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>Numbers of operations: those in the formulas of a trace, as its table shows them.</summary>
/// <remarks>
/// A difference counts as an addition, a quotient as a multiplication, a change of sign and a factor 1 as nothing, and what a formula uses
/// twice once. The library's own loops also multiply by slopes of 1.
/// </remarks>
[<Struct>]
type OperationCounts internal (additions: int64, multiplications: int64, functions: int64) =
    /// <summary>Sums and differences.</summary>
    member _.Additions: int64 = additions

    /// <summary>Products and quotients.</summary>
    member _.Multiplications: int64 = multiplications

    /// <summary>Functions such as sin, powers and max.</summary>
    member _.Functions: int64 = functions

    /// <summary>All operations.</summary>
    member _.Total: int64 = additions + multiplications + functions

    member internal a.Plus(b: OperationCounts) =
        OperationCounts(additions + b.Additions, multiplications + b.Multiplications, functions + b.Functions)

    /// The operations of a formula.
    static member internal Of(formula: Expression) : OperationCounts =
        let mutable counts = OperationCounts()
        for node in Steps(Steps.Share formula).Nodes do
            if not (isNull node.Primitive) then
                let one =
                    match node.Primitive.Instruction with
                    | Instruction.Add
                    | Instruction.Subtract -> OperationCounts(1L, 0L, 0L)
                    | Instruction.Multiply
                    | Instruction.Divide -> OperationCounts(0L, 1L, 0L)
                    | Instruction.Negate -> OperationCounts()
                    | _ -> OperationCounts(0L, 0L, 1L)
                counts <- counts.Plus one
        counts

    /// <summary>The counts in words, such as "2 additions, 3 multiplications, 1 function".</summary>
    override _.ToString() =
        [ additions, "addition"; multiplications, "multiplication"; functions, "function" ]
        |> List.map (fun (n, noun) -> if n = 1L then $"1 {noun}" else $"{n} {noun}s")
        |> String.concat ", "

/// <summary>The operations of a trace: of the function, and of its derivative beside it.</summary>
[<Struct>]
type TraceOperations internal (primal: OperationCounts, derivative: OperationCounts) =
    /// <summary>The operations of the function.</summary>
    member _.Primal: OperationCounts = primal

    /// <summary>
    /// The operations of the tangents or adjoints, slopes included; values of the primal trace are there and cost nothing.
    /// </summary>
    member _.Derivative: OperationCounts = derivative

    /// <summary>All operations, of the function and of its derivative.</summary>
    member _.Total: int64 = primal.Total + derivative.Total

    /// <summary>Both counts in words.</summary>
    override _.ToString() = $"primal: {primal}; derivative: {derivative}"
