namespace FuncAD

open System

/// <summary>How a compiled function is executed.</summary>
type ExecutionMode =
    /// <summary>Interpreted until it is hot, then as machine code where code can be generated.</summary>
    | Automatic = 0
    /// <summary>Always interpreted, as it is where no code can be generated (native AOT).</summary>
    | Interpreted = 1
    /// <summary>As machine code from the first call on.</summary>
    | MachineCode = 2

/// <summary>Choices for AD.Compile; the defaults are meant to be right.</summary>
[<Sealed>]
type CompileOptions() =
    let mutable vectorBits = 0
    let mutable threads = 0

    /// <summary>Interpreted, as machine code, or first the one and then the other.</summary>
    member val Mode = ExecutionMode.Automatic with get, set

    /// <summary>
    /// The bits of the vectors that batches run in: 128, 256 or 512; 0 for the widest that the machine has. Results do not depend on it.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">There are no such vectors.</exception>
    member _.VectorBits
        with get () = vectorBits
        and set (bits: int) =
            match bits with
            | 0
            | 128
            | 256
            | 512 -> vectorBits <- bits
            | _ ->
                raise (
                    ArgumentOutOfRangeException(
                        nameof bits,
                        bits,
                        "CompileOptions.VectorBits: vectors have 128, 256 or 512 bits; 0 is for the widest that the machine has."
                    )
                )

    /// <summary>The number of threads that batches are split over; 0 for one for each core. Results do not depend on it.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is negative.</exception>
    member _.Threads
        with get () = threads
        and set (number: int) =
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof number)
            threads <- number

    /// <summary>
    /// The largest number of paths through the function's branches that are compiled. On further paths the function itself runs.
    /// </summary>
    member val MaximumPaths = 16 with get, set

    /// <summary>The choices by name.</summary>
    override options.ToString() =
        $"Mode = {options.Mode}, VectorBits = {vectorBits}, Threads = {threads}, MaximumPaths = {options.MaximumPaths}"
