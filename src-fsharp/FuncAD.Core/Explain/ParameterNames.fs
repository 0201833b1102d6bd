namespace FuncAD.Explaining

open System
open System.Collections.Generic
open FuncAD

/// <summary>Names of the numbers in a structure, as the program would write them: m.Slope, m.Offsets[1].</summary>
module internal ParameterNames =
    /// The numbers of a leaf, by what follows its own name.
    let private ofLeaf (leaf: Leaf) (rest: obj) : seq<string> =
        match leaf, rest with
        | (:? NumberShape), _ -> Seq.singleton ""
        | leaf, _ when not leaf.HasNumbers -> Seq.empty
        | _, (:? int as length) -> Seq.init (max length 0) (fun index -> $"[{index}]")
        | _, (:? Extents as extents) -> Seq.init (Array.fold (*) 1 extents.Lengths) (fun place -> Shape.text (extents.Index place))
        | _ -> Seq.empty

    /// The names of all numbers, in order, of a value that is itself called <c>name</c>.
    let of' (name: string) (value: Skeleton) : string[] =
        let names, ahead = List<string>(), Stack<struct (Skeleton * string)>()
        ahead.Push(struct (value, name))
        while ahead.Count > 0 do
            let struct (skeleton, name) = ahead.Pop()
            match skeleton.Structure with
            | :? Leaf as leaf -> names.AddRange(ofLeaf leaf skeleton.Rest |> Seq.map (fun place -> name + place))
            | :? Branch as branch ->
                for index = skeleton.Parts.Length - 1 downto 0 do
                    ahead.Push(struct (skeleton.Parts[index], name + branch.Name(skeleton.Rest, index)))
            | _ -> ()
        names.ToArray()

    /// The name of the last parameter of a method; x where it has none of its own.
    let ofMethod (method: Reflection.MethodInfo) : string = (Traces.Naming.ofParameters 1 1 method)[0]

    let ofFunction (f: 'A -> 'B) : string = (Traces.Naming.ofFunction f 1)[0]

    /// The name of the result beside parameters with these names.
    let resultBeside (names: string[]) : string =
        names |> Array.map (fun name -> name.Split([| '['; '.' |])[0]) |> Traces.Naming.resultBeside
