namespace FuncAD

/// <summary>What a structure holds: its numbers and its arrays, each in order.</summary>
[<Struct>]
type internal Leaves = { Numbers: Real[]; Arrays: Tensor[] }

module internal Leaves =
    let ofNumbers numbers = { Numbers = numbers; Arrays = [||] }

    let map (number: Real -> Real) (array: Tensor -> Tensor) (parts: Leaves) =
        { Numbers = Array.map number parts.Numbers; Arrays = Array.map array parts.Arrays }

    /// The highest level of them all.
    let highest (parts: Leaves) : Level =
        let mutable level = Tensor.Highest parts.Arrays
        for x in parts.Numbers do
            level <- Real.Higher(level, x.Level)
        level

    let map2 (number: Real -> Real -> Real) (array: Tensor -> Tensor -> Tensor) (a: Leaves) (b: Leaves) =
        { Numbers = Array.map2 number a.Numbers b.Numbers; Arrays = Array.map2 array a.Arrays b.Arrays }

    /// All values, in order: those of the numbers, then those of the arrays.
    let values (parts: Leaves) : float[] = Array.concat [ yield parts.Numbers |> Array.map _.Value; for x in parts.Arrays -> x.ToArray() ]

    /// Constants like these parts with other values.
    let ofValues (like: Leaves) (values: float[]) : Leaves =
        let mutable next = like.Numbers.Length
        { Numbers = Array.init next (fun index -> Real values[index])
          Arrays =
            like.Arrays
            |> Array.map (fun x ->
                next <- next + x.Length
                Tensor(Array.sub values (next - x.Length) x.Length, x.Dimensions, null)) }

/// <summary>Where the cotangents of parts lie on a tape; -1 for a constant.</summary>
[<Struct>]
type internal Slots =
    { OfNumbers: int[]
      OfArrays: int[] }

    static member On(tape: Tape, parts: Leaves) : Slots =
        { OfNumbers = parts.Numbers |> Array.map (fun x -> if x.IsAt tape then Tape.Index x.Slot else -1)
          OfArrays = parts.Arrays |> Array.map (fun x -> Tensor.SlotOn(tape, x)) }
