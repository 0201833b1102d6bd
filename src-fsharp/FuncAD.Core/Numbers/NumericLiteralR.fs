namespace FuncAD

/// <summary>
/// Whole numbers as <c>Real</c> literals, with the suffix R: <c>x > 1R</c>, <c>max x 0R</c>, <c>x = 0R</c>. F#'s comparisons want two
/// values of one type. Operators, which take plain numbers as they are (<c>2 * x</c>), need no suffix.
/// </summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module NumericLiteralR =
    /// <summary>0R</summary>
    let FromZero () : Real = Real 0.0

    /// <summary>1R</summary>
    let FromOne () : Real = Real 1.0

    /// <summary>A literal of an int.</summary>
    let FromInt32 (value: int) : Real = Real(float value)

    /// <summary>A longer literal, rounded to a double.</summary>
    let FromInt64 (value: int64) : Real = Real(float value)
