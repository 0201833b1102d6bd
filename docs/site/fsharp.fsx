// Writes the page of F#'s signatures, which docfx cannot show: from the file of the public surface, and the summaries of the XML documentation.
//
//     dotnet fsi docs/site/fsharp.fsx SURFACE XML PAGE
open System.IO
open System.Text.RegularExpressions
open System.Xml.Linq

let surface, documentation, page =
    match fsi.CommandLineArgs with
    | [| _; surface; documentation; page |] -> surface, documentation, page
    | _ -> failwith "Expected three paths: the public surface, the XML documentation, and the page to write."

/// The first sentence of what is said of a member, by its path without the modules' suffix.
let summaries =
    let name (id: string) = Regex.Replace(id[2..], @"(``\d+)?\(.*", "").Replace("Module.", ".")
    let text (summary: XElement) =
        let shown (node: XNode) =
            match node with
            | :? XElement as element when isNull (element.Attribute "cref") -> if element.Value = "" then element.FirstAttribute.Value else $"`{element.Value}`"
            | :? XElement as element -> Regex.Replace((element.Attribute "cref").Value, @"^.*[.:]|[`(].*$", "")
            | node -> node.ToString().Replace("&lt;", "<").Replace("&gt;", ">").Replace("&amp;", "&")
        let all = Regex.Replace(summary.Nodes() |> Seq.map shown |> String.concat "", @"\s+", " ").Trim()
        Regex.Match(all, @"^.*?[.;](?= |$)|^.*$").Value.TrimEnd(';', '.') + "."
    XDocument.Load(documentation).Descendants "member"
    |> Seq.filter (fun item -> not (isNull (item.Element "summary")))
    |> Seq.map (fun item -> name (item.Attribute "name").Value, text (item.Element "summary"))
    |> Seq.distinctBy fst
    |> dict

/// Module, function and signature of a line such as "FuncAD.AD.grad (f: ('P -> Real)) (p: 'P) : 'P".
let (|Function|_|) line =
    let found = Regex.Match(line, @"^(FuncAD\.(?:\w+\.)*?(\w+))\.([a-z]\w*) (\(.*)$")
    if found.Success && not (line.Contains "(module)") then
        Some(found.Groups[1].Value, found.Groups[2].Value, found.Groups[3].Value, found.Groups[4].Value)
    else
        None

let escape (text: string) = text.Replace("|", "\\|").Replace("<", "&lt;")

let sections =
    File.ReadLines surface
    |> Seq.choose (function
        | Function(path, name, id, signature) -> Some(name, (id, signature, $"{path}.{id}"))
        | _ -> None)
    |> Seq.groupBy fst
    |> Seq.sortBy (fun (name, _) -> name <> "AD", name)

let lines =
    [ "# F# signatures"
      ""
      "The functions of the modules, as F# sees them, with what they compute. Types (`Real`, `Tensor`, `Compiled`, ...) and what else there is to say are on the pages of the [API](xref:FuncAD)."
      for name, functions in sections do
          ""
          $"## {name}"
          for id, signature, path in functions |> Seq.map snd |> Seq.sort do
              ""
              "```fsharp"
              $"{name}.{id} {signature}"
              "```"
              match summaries.TryGetValue path with
              | true, text ->
                  ""
                  escape text
              | _ -> () ]

File.WriteAllLines(page, lines)
