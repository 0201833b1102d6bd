namespace FuncAD

/// <summary>The numbers and the arrays of a structure, each in order.</summary>
[<Struct>]
type internal Leaves = { Numbers: Real[]; Arrays: Tensor[] }

module internal Leaves =
    let ofNumbers numbers = { Numbers = numbers; Arrays = [||] }

    /// Array.map, without a new array for no items: most structures hold numbers alone or arrays alone.
    let mapItems (f: 'T -> 'U) (items: 'T[]) : 'U[] = if items.Length = 0 then [||] else Array.map f items

    let map (number: Real -> Real) (array: Tensor -> Tensor) (leaves: Leaves) =
        { Numbers = mapItems number leaves.Numbers; Arrays = mapItems array leaves.Arrays }

    /// The values alone, as constants.
    let constants (leaves: Leaves) = leaves |> map (fun x -> Real x.value) _.Value

    /// Tells whether all numbers are constants.
    let arePlain (numbers: Real[]) : bool =
        let mutable arePlain = true
        for x in numbers do
            arePlain <- arePlain && isNull x.Live.node
        arePlain

    /// The highest level among all parts.
    let highest (leaves: Leaves) : Level =
        let mutable level = Tensor.Highest leaves.Arrays
        for x in leaves.Numbers do
            level <- Real.Higher(level, x.Level)
        level

    let map2 (number: Real -> Real -> Real) (array: Tensor -> Tensor -> Tensor) (a: Leaves) (b: Leaves) =
        { Numbers = Array.map2 number a.Numbers b.Numbers; Arrays = Array.map2 array a.Arrays b.Arrays }

    /// All values, in order: those of the numbers, then those of the arrays.
    let values (leaves: Leaves) : float[] =
        Array.concat [ yield leaves.Numbers |> Array.map _.Value; for x in leaves.Arrays -> x.ToArray() ]

    /// Constants in the shape of these parts, with other values.
    let ofValues (like: Leaves) (values: float[]) : Leaves =
        let mutable next = like.Numbers.Length
        { Numbers = Array.init next (fun index -> Real values[index])
          Arrays =
            like.Arrays
            |> Array.map (fun x ->
                next <- next + x.Length
                Tensor(Array.sub values (next - x.Length) x.Length, x.Dimensions, null)) }

    /// How many numbers there are, elements of arrays included.
    let count (leaves: Leaves) : int = leaves.Numbers.Length + (leaves.Arrays |> Array.sumBy _.Length)

    /// All of them, in order: the numbers, then the elements of the arrays; derivatives pass.
    let elements (leaves: Leaves) : Real[] =
        if leaves.Arrays.Length = 0 then
            leaves.Numbers
        else
            Array.append leaves.Numbers (leaves.Arrays |> Array.collect (fun x -> Array.init x.Length x.ElementAt))

    /// Parts in the shape of these that hold some numbers; derivatives pass.
    let ofElements (like: Leaves) (elements: Real[]) : Leaves =
        let mutable next = like.Numbers.Length
        { Numbers = Array.sub elements 0 next
          Arrays =
            like.Arrays
            |> Array.map (fun x ->
                next <- next + x.Length
                Tensor.OfReals(Array.sub elements (next - x.Length) x.Length, x.Dimensions)) }

    /// 1 in one place, and 0 in all others.
    let unit' (like: Leaves) (index: int) : Leaves =
        ofValues like (Array.init (count like) (fun place -> if place = index then 1.0 else 0.0))

/// <summary>The slots of the numbers, and the indices of the arrays, on a tape; -1 for a constant.</summary>
[<Struct>]
type internal Slots =
    { OfNumbers: int[]
      OfArrays: int[] }

    static member On(tape: Tape, leaves: Leaves) : Slots =
        { OfNumbers = leaves.Numbers |> Leaves.mapItems (fun x -> if x.IsAt tape then Tape.Index x.Slot else -1)
          OfArrays = leaves.Arrays |> Leaves.mapItems (fun x -> Tensor.SlotOn(tape, x)) }
