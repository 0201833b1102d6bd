namespace FuncAD

open System.Globalization

/// What files of all folders need.
module internal Basics =
    let notNull (name: string) (value: 'T) : unit = if isNull (box value) then nullArg name

    /// The shortest text that reads back as the same double.
    let exact (x: float) : string = x.ToString("R", CultureInfo.InvariantCulture)
