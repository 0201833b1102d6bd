namespace FuncAD

open System
open FuncAD.Formulas

/// <summary>
/// Formulas from functions: f runs once over formulas in place of numbers. A Formula is differentiated, evaluated, simplified, and written
/// as text or in LaTeX.
/// </summary>
/// <remarks>
/// f may differentiate inside, choose with Real.Select, Max, Min and Abs, and round. What asks for the value of a number, such as
/// <c>if (x > 0)</c> or <c>x.Value</c>, is an InvalidOperationException that says what to write instead; tensors are a
/// NotSupportedException. A Distribution checks its parameters, which is a question about them: with constant parameters its log density
/// is a formula of the place, with others it is an error, and the density has to be written out. Cost: one run of f.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Symbolic =
    let private check (names: string[]) : unit =
        let refuse (what: string) = raise (ArgumentException($"Symbolic.Of: {what}", nameof names))
        if names.Length = 0 then
            refuse "no names are given, so that the number of the function's arguments is not known. Give a name for each, or their count."
        names
        |> Array.iteri (fun index name ->
            if String.IsNullOrWhiteSpace name then refuse $"name {index + 1} is empty. Each argument needs a name."
            match Array.IndexOf(names, name) with
            | first when first < index -> refuse $"the name '{name}' is given twice, for arguments {first + 1} and {index + 1}."
            | _ -> ())

    /// <summary>The names x1, x2, ..., for a function whose arguments have none of their own.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The count is below 1.</exception>
    let numbered (count: int) : string[] =
        if count < 1 then raise (ArgumentOutOfRangeException(nameof count, count, "Symbolic.Of: a formula has at least one variable."))
        Array.init count (fun index -> $"x{index + 1}")

    /// <summary>The formula that a function of an array computes, by one run of the function over formulas.</summary>
    /// <param name="names">A name for each of the function's arguments.</param>
    /// <param name="f">
    /// The function. It may differentiate inside, choose with Real.Select, Max, Min and Abs, and round. It must not branch on its numbers,
    /// nor read them as doubles, nor compute with tensors.
    /// </param>
    /// <exception cref="T:System.ArgumentException">
    /// There is no name, a name is empty or given twice, or f reads more arguments than there are names.
    /// </exception>
    /// <exception cref="T:System.InvalidOperationException">f asks for the value of a number, which a formula does not have.</exception>
    let ofFunction (names: string seq) (f: Real[] -> Real) : Formula =
        if isNull names then nullArg (nameof names)
        if isNull (box f) then nullArg (nameof f)
        let names = Seq.toArray names
        check names
        let variables = Array.mapi (fun index _ -> Expression.Variable index) names
        try
            Formula(names, FormulaLevel.run variables f)
        with :? IndexOutOfRangeException as error ->
            let given = String.Join(", ", names)
            raise (
                ArgumentException(
                    $"Symbolic.Of: the function read outside of an array. If it was that of its arguments: it was given {names.Length} numbers, for {given}; give a name for each. If "
                    + "it was another array, the inner exception tells where.",
                    nameof names,
                    error
                )
            )

    /// <summary>The formula that a function of one number computes.</summary>
    /// <param name="name">The name of the argument.</param>
    /// <param name="f">The function, as for ofFunction.</param>
    let ofNumber (name: string) (f: Real -> Real) : Formula =
        if isNull (box f) then nullArg (nameof f)
        ofFunction [| name |] (fun x -> f x[0])
