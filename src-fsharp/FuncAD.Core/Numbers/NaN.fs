namespace FuncAD

open System

module internal NaN =
    /// True if one of the first <c>count</c> numbers is NaN. The numbers are read by an inlined function, so that one loop serves arrays of
    /// doubles and of other types that hold them.
    let inline isAny (count: int) ([<InlineIfLambda>] number: int -> float) : bool =
        let mutable index = 0
        while index < count && not (Double.IsNaN(number index)) do
            index <- index + 1
        index < count
