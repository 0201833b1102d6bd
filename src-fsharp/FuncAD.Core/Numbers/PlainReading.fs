namespace FuncAD

open System

/// <summary>
/// Reading a number that is being differentiated as a plain double: whatever is computed from the double has no derivative, and nothing
/// would tell. So it is done deliberately (Value, StopGradient) or refused.
/// </summary>
module internal PlainReading =
    /// The error of an operation that makes plain doubles of numbers, with what to do instead.
    let refuseWith (operation: string) (remedy: string) : 'a =
        raise (
            InvalidOperationException(
                $"FuncAD: {operation} makes plain doubles of numbers that are being differentiated, and what is computed from those would silently have the derivative 0. {remedy}"
            )
        )

    /// The same for reading a number or a tensor, with the expression that makes the value a constant.
    let refuse (operation: string) (deliberate: string) : 'a =
        refuseWith
            operation
            ("Go on computing with Real or Tensor: the functions of Math are static members of both (Real.Sin, Tensor.Exp), and more are in RealMath and TensorMath. "
             + $"Where a constant is meant, write {deliberate}, or StopGradient(x).")
