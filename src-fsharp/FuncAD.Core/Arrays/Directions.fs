/// Tangents in several directions: arrays with an axis of directions in front.
module internal FuncAD.Directions

open System

/// The array in one direction.
let slice (tangents: Tensor) (direction: int) : Tensor =
    let shape = tangents.Dimensions[1..]
    let length = Shape.length shape
    Tensor(Array.sub tangents.Elements (direction * length) length, shape, null)

/// The arrays of all directions as one.
let join (tangents: Tensor[]) : Tensor =
    let shape = tangents[0].Dimensions
    let length = Shape.length shape
    let all = GC.AllocateUninitializedArray<float>(tangents.Length * length)
    tangents |> Array.iteri (fun direction tangent -> Array.Copy(tangent.Elements, 0, all, direction * length, length))
    Tensor(all, Array.append [| tangents.Length |] shape, null)

/// A pushforward in one direction after the other, with supports as alone. Null is a structural zero in all directions.
let each (count: int) (dx: Tensor[]) (pushforward: Tensor[] -> Tensor[]) : Tensor[] =
    let alone direction = dx |> Array.map (fun dx -> if isNull dx then null else (slice dx direction).Tracked) |> pushforward
    let all = Array.init count alone
    Array.init all[0].Length (fun result ->
        if all |> Array.forall (fun dy -> isNull dy[result]) then
            null
        else
            let like = (all |> Array.find (fun dy -> not (isNull dy[result])))[result]
            all |> Array.map (fun dy -> if isNull dy[result] then Tensor.Uniform(0.0, like.Dimensions) else dy[result].Untracked) |> join)

/// The tangents of an operand as those of a result of more axes broadcast them: axes of length 1 follow the directions.
let aligned (tangents: Tensor) (rank: int) : Tensor =
    let shape = tangents.Dimensions
    if shape.Length = rank + 1 then
        tangents
    else
        let ones = Array.create (rank + 1 - shape.Length) 1
        Tensor.Linear(Reshape(shape, Array.concat [| [| shape[0] |]; ones; shape[1..] |]), tangents)

/// The tangents of a number of the level, which an array's element has at a position.
let ofElement (level: VectorForward) (y: Real) (tangents: Tensor) (position: int) : Real =
    let slot = level.Input()
    let into = level.Tangents slot
    let length = tangents.Length / into.Length
    let elements = tangents.Elements
    for direction = 0 to into.Length - 1 do
        into[direction] <- elements[direction * length + position]
    Real(y.value, slot, level)

/// The tangents of an array of numbers, of which some are of the level.
let ofNumbers (level: VectorForward) (numbers: Real[]) (shape: int[]) : Tensor =
    let elements = Array.zeroCreate<float>(level.Directions * numbers.Length)
    for index = 0 to numbers.Length - 1 do
        if numbers[index].IsAt level then
            let tangents = level.Tangents numbers[index].Slot
            for direction = 0 to tangents.Length - 1 do
                elements[direction * numbers.Length + index] <- tangents[direction]
    Tensor(elements, Array.append [| level.Directions |] shape, null)
