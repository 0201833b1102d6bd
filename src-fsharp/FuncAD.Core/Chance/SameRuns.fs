namespace FuncAD

open System

/// <summary>A program that is run again with the same argument and key must do the same: the check, and the error.</summary>
module internal SameRuns =
    /// Equal, up to roundings: functions on arrays, compiled ones and their plain values may differ by a few.
    let isClose (a: float) (b: float) : bool = a.Equals b || abs (a - b) <= 1e-9 * max (abs a) (abs b)

    let areClose (a: float[][]) (b: float[][]) : bool =
        a.Length = b.Length && Array.forall2 (fun (a: float[]) (b: float[]) -> a.Length = b.Length && Array.forall2 isClose a b) a b

    let refuse (operation: string) : 'a =
        raise (
            InvalidOperationException(
                $"{operation}: f gave different results for the same arguments. It must be a function of them: all randomness is to come from the RandomKey or the Chance "
                + "that it is given, and what it changes must not be read by its next run."
            )
        )
