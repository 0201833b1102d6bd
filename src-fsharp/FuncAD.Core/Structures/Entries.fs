/// The numbers of a structure as text, for what is printed.
module internal FuncAD.Entries

open FuncAD.Basics

/// The number of entries that are shown.
let private most = 8

/// One entry alone, several in brackets, and the first eight of many with their number.
let join (count: int) (entry: int -> string) : string =
    let shown = Seq.init (min most count) entry |> String.concat ", "
    if count = 1 then shown
    elif count > most then $"[{shown}, ... {count} entries]"
    else $"[{shown}]"

/// The values of a structure, those of its Reals first.
let values (value: 'P) : float[] =
    let struct (_, leaves) = Flatten.input "ToString" "value" value
    Array.concat [ yield leaves.Numbers |> Array.map _.value; for x in leaves.Arrays -> x.Value.ToArray() ]

/// The values of a structure as text.
let text (value: 'P) : string =
    let values = values value
    join values.Length (fun index -> exact values[index])
