namespace FuncAD.Traces

open System
open System.Collections.Generic

/// <summary>A box to be placed: its size, and whether it belongs into the last layer.</summary>
[<Struct>]
type internal Box = { Width: float; Height: float; IsLast: bool }

/// <summary>
/// A line between boxes, from the right side of one to a port on the left side of another. <c>Room</c> is the width that its label needs
/// before the port.
/// </summary>
[<Struct>]
type internal Wire = { From: int; To: int; Room: float }

/// <summary>Where everything is: the left upper corners of boxes, and the corners of each wire, which run level through the
/// layers.</summary>
type internal Placement = { Corners: struct (float * float)[]; Paths: struct (float * float)[][]; Width: float; Height: float }

/// <summary>
/// A layered drawing of an acyclic graph whose boxes are in topological order (Sugiyama, Tagawa and Toda, "Methods for visual understanding
/// of hierarchical system structures", 1981): layers by the longest path; long wires through a dummy vertex in each layer that they
/// cross, which all wires from one box share; an order within the layers by barycentres; and heights by least squares.
/// </summary>
module internal Layering =
    let private gap = 16.0
    let private between = 44.0
    let private sweeps = 24

    /// The layer of each box: the longest path to it.
    let private layersOf (boxes: Box[]) (wires: Wire[]) : int[] =
        let layers = Array.zeroCreate boxes.Length
        for wire in wires |> Array.sortBy _.To do
            layers[wire.To] <- max layers[wire.To] (layers[wire.From] + 1)
        let last = Array.fold max 0 layers
        layers |> Array.mapi (fun index layer -> if boxes[index].IsLast then last else layer)

    /// Vertices: first the boxes, then the dummies. Between vertices of neighbouring layers are segments.
    [<Sealed>]
    type private Vertices(boxes: Box[], wires: Wire[]) =
        let layers = layersOf boxes wires
        let layerOf = List<int> layers
        let above, below = List<List<int>>(), List<List<int>>()
        let dummies = Dictionary<struct (int * int), int>()

        let add () =
            above.Add(List())
            below.Add(List())

        let join a b =
            if not (below[a].Contains b) then
                below[a].Add b
                above[b].Add a

        /// The vertex at which wires from a box cross a layer.
        let rec at (box: int) (layer: int) : int =
            if layer = layers[box] then
                box
            else
                match dummies.TryGetValue(struct (box, layer)) with
                | true, dummy -> dummy
                | _ ->
                    let before = at box (layer - 1)
                    let dummy = layerOf.Count
                    layerOf.Add layer
                    add ()
                    dummies[struct (box, layer)] <- dummy
                    join before dummy
                    dummy

        do
            for _ in boxes do
                add ()
            for wire in wires do
                // from the left, so that the recursion is one deep
                for layer = layers[wire.From] to layers[wire.To] - 1 do
                    at wire.From layer |> ignore
                join (at wire.From (layers[wire.To] - 1)) wire.To

        member _.Count = layerOf.Count
        member _.Layers = if layerOf.Count = 0 then 0 else 1 + Seq.max layerOf
        member _.LayerOf vertex = layerOf[vertex]
        member _.Above vertex = above[vertex]
        member _.Below vertex = below[vertex]
        member _.IsDummy vertex = vertex >= boxes.Length
        member _.Height vertex = if vertex < boxes.Length then boxes[vertex].Height else 4.0
        member _.At(box, layer) = at box layer

    /// The number of pairs of numbers, all from 0 to a bound, of which the first is larger: by a tree of partial sums (Fenwick 1994).
    let inversions (numbers: int[]) (bound: int) : int64 =
        let tree = Array.zeroCreate<int>(bound + 2)
        let mutable sum = 0L
        for index = 0 to numbers.Length - 1 do
            let mutable smaller = 0
            let mutable at = numbers[index] + 1
            while at > 0 do
                smaller <- smaller + tree[at]
                at <- at - (at &&& -at)
            sum <- sum + int64 (index - smaller)
            at <- numbers[index] + 1
            while at < tree.Length do
                tree[at] <- tree[at] + 1
                at <- at + (at &&& -at)
        sum

    /// The number of pairs of segments between neighbouring layers that cross.
    let private crossings (vertices: Vertices) (order: int[][]) : int64 =
        let position = Array.zeroCreate<int> vertices.Count
        for layer in order do
            layer |> Array.iteri (fun index vertex -> position[vertex] <- index)
        let ends vertex = vertices.Below vertex |> Seq.map (fun below -> position[below]) |> Seq.sort |> Seq.toArray
        order |> Array.sumBy (fun layer -> inversions (Array.collect ends layer) vertices.Count)

    /// Layers in the order of the barycentres of their neighbours, swept to and fro; the order with the fewest crossings.
    let private ordered (vertices: Vertices) : int[][] =
        let layers =
            Array.init vertices.Layers (fun layer ->
                [| for vertex in 0 .. vertices.Count - 1 do
                       if vertices.LayerOf vertex = layer then vertex |])
        let position = Array.zeroCreate<float> vertices.Count
        let place (layer: int) = layers[layer] |> Array.iteri (fun index vertex -> position[vertex] <- float index)
        let sort (neighbours: int -> List<int>) (layer: int) =
            let key vertex =
                let near = neighbours vertex
                if near.Count = 0 then position[vertex] else near |> Seq.averageBy (fun neighbour -> position[neighbour])
            layers[layer] <- layers[layer] |> Array.sortBy key
            place layer
        for layer = 0 to layers.Length - 1 do
            place layer
        let mutable best = layers |> Array.map Array.copy
        let mutable fewest = Int64.MaxValue
        for sweep = 0 to sweeps - 1 do
            if sweep % 2 = 0 then
                for layer = 1 to layers.Length - 1 do
                    sort vertices.Above layer
            else
                for layer = layers.Length - 2 downto 0 do
                    sort vertices.Below layer
            let count = if fewest = 0L then 0L else crossings vertices layers
            if count < fewest then
                fewest <- count
                best <- layers |> Array.map Array.copy
        best

    /// The numbers nearest to the wanted ones, in weighted least squares, each of which is at least its distance above the one before: pool
    /// adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman 1955).
    let spread (wanted: float[]) (weights: float[]) (distances: float[]) : float[] =
        let offsets = Array.scan (+) 0.0 distances
        let means, sums, lengths = Stack<float>(), Stack<float>(), Stack<int>()
        for index = 0 to wanted.Length - 1 do
            let mutable mean, weight, length = wanted[index] - offsets[index], weights[index], 1
            while means.Count > 0 && means.Peek() > mean do
                let before, own = means.Pop(), sums.Pop()
                mean <- (mean * weight + before * own) / (weight + own)
                weight <- weight + own
                length <- length + lengths.Pop()
            means.Push mean
            sums.Push weight
            lengths.Push length
        let pooled = Seq.zip means lengths |> Seq.rev |> Seq.collect (fun (mean, length) -> Seq.replicate length mean) |> Seq.toArray
        Array.init wanted.Length (fun index -> pooled[index] + offsets[index])

    /// The heights of the vertices' middles.
    let private heights (vertices: Vertices) (order: int[][]) : float[] =
        let middle = Array.zeroCreate vertices.Count
        let distances (layer: int[]) =
            layer |> Array.pairwise |> Array.map (fun (a, b) -> (vertices.Height a + vertices.Height b) / 2.0 + gap)
        for layer in order do
            Array.iter2 (fun vertex y -> middle[vertex] <- y) layer (Array.scan (+) 0.0 (distances layer) |> Array.truncate layer.Length)
        let settle (neighbours: int -> seq<int>) (layer: int[]) =
            let wanted =
                layer
                |> Array.map (fun vertex ->
                    let near = neighbours vertex
                    if Seq.isEmpty near then middle[vertex] else near |> Seq.averageBy (fun neighbour -> middle[neighbour]))
            // long wires are to be straight
            let weights = layer |> Array.map (fun vertex -> if vertices.IsDummy vertex then 4.0 else 1.0)
            Array.iter2 (fun vertex y -> middle[vertex] <- y) layer (spread wanted weights (distances layer))
        for _ = 1 to sweeps / 2 do
            for layer in order do
                settle (fun vertex -> vertices.Above vertex) layer
            for layer in Array.rev order do
                settle (fun vertex -> vertices.Below vertex) layer
        for layer in order do
            settle (fun vertex -> Seq.append (vertices.Above vertex) (vertices.Below vertex)) layer
        middle

    /// The height of each wire's port: ports are spread over the left side of a box in the order in which wires arrive.
    let private ports (boxes: Box[]) (wires: Wire[]) (vertices: Vertices) (middle: float[]) : float[] =
        let ports = Array.zeroCreate wires.Length
        for target, group in wires |> Array.indexed |> Array.groupBy (fun (_, wire) -> wire.To) do
            let arriving = group |> Array.sortBy (fun (_, wire) -> middle[vertices.At(wire.From, vertices.LayerOf target - 1)])
            let share = boxes[target].Height / float arriving.Length
            arriving
            |> Array.iteri (fun place (index, _) ->
                ports[index] <- middle[target] - boxes[target].Height / 2.0 + (float place + 0.5) * share)
        ports

    /// Places boxes, which are in topological order, and wires.
    let place (boxes: Box[]) (wires: Wire[]) : Placement =
        let vertices = Vertices(boxes, wires)
        let order = ordered vertices
        let middle = heights vertices order
        let ports = ports boxes wires vertices middle
        let widths =
            order
            |> Array.map (fun layer -> layer |> Seq.fold (fun width v -> if v < boxes.Length then max width boxes[v].Width else width) 0.0)
        let room = Array.zeroCreate order.Length
        for wire in wires do
            let layer = vertices.LayerOf wire.To
            room[layer] <- max room[layer] (wire.Room + (widths[layer] - boxes[wire.To].Width) / -2.0 |> max 0.0)
        let left = Array.zeroCreate order.Length
        for layer = 1 to order.Length - 1 do
            left[layer] <- left[layer - 1] + widths[layer - 1] + between + room[layer]
        let top =
            Seq.init vertices.Count (fun vertex -> middle[vertex] - vertices.Height vertex / 2.0) |> Seq.fold min Double.PositiveInfinity
        let bottom = Seq.init vertices.Count (fun vertex -> middle[vertex] + vertices.Height vertex / 2.0) |> Seq.fold max top
        let x index = let layer = vertices.LayerOf index in left[layer] + (widths[layer] - boxes[index].Width) / 2.0
        let path index =
            let wire = wires[index]
            [| struct (x wire.From + boxes[wire.From].Width, middle[wire.From] - top)
               for layer in vertices.LayerOf wire.From + 1 .. vertices.LayerOf wire.To - 1 do
                   let y = middle[vertices.At(wire.From, layer)] - top
                   struct (left[layer], y)
                   struct (left[layer] + widths[layer], y)
               struct (x wire.To - wire.Room, ports[index] - top)
               struct (x wire.To, ports[index] - top) |]
        { Corners = Array.init boxes.Length (fun index -> struct (x index, middle[index] - boxes[index].Height / 2.0 - top))
          Paths = Array.init wires.Length path
          Width = (if order.Length = 0 then 0.0 else left[order.Length - 1] + widths[order.Length - 1])
          Height = (if vertices.Count = 0 then 0.0 else bottom - top) }
