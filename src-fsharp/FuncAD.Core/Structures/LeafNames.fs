namespace FuncAD

open System.Collections.Generic

/// <summary>Names of the numbers in a structure, as the program would write them: m.Slope, m.Offsets[1].</summary>
module internal LeafNames =
    let private elements (extents: Extents) : seq<string> =
        Seq.init (Shape.length extents.Lengths) (fun place -> Shape.text (extents.Index place))

    /// The numbers of a leaf, by what follows its own name.
    let private ofLeaf (leaf: Leaf) (rest: obj) : seq<string> =
        match leaf, rest with
        | (:? NumberShape), _ -> Seq.singleton ""
        | leaf, _ when not leaf.HasNumbers -> Seq.empty
        | _, (:? int as length) -> Seq.init (max length 0) (fun index -> $"[{index}]")
        | _, (:? Extents as extents) -> elements extents
        | (:? TensorShape), (:? (int[]) as shape) when shape.Length = 0 -> Seq.singleton ""
        | (:? TensorShape), (:? (int[]) as shape) -> elements { Lengths = shape; Starts = Array.zeroCreate shape.Length }
        | _ -> Seq.empty

    /// The names of all numbers, in the order of Leaves, of a value that is itself called <c>name</c>.
    let of' (name: string) (value: Skeleton) : string[] =
        let numbers, ofTensors, ahead = List<string>(), List<string>(), Stack<struct (Skeleton * string)>()
        ahead.Push(struct (value, name))
        while ahead.Count > 0 do
            let struct (skeleton, name) = ahead.Pop()
            match skeleton.Structure with
            | :? Leaf as leaf ->
                (if leaf :? TensorShape then ofTensors else numbers)
                    .AddRange(ofLeaf leaf skeleton.Rest |> Seq.map (fun place -> name + place))
            | :? Branch as branch ->
                for index = skeleton.Parts.Length - 1 downto 0 do
                    ahead.Push(struct (skeleton.Parts[index], name + branch.Name(skeleton.Rest, index)))
            | _ -> ()
        Array.append (numbers.ToArray()) (ofTensors.ToArray())

    /// The names by the path alone, as in Slope and Offsets[1]; a value that is one number has the name <c>alone</c>.
    let paths (alone: string) (value: Skeleton) : string[] =
        of' "" value |> Array.map (fun path -> if path = "" then alone else path.TrimStart '.')
