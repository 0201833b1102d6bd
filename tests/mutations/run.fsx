// Proves that the tests bite: breaks one thing at a time in a copy of the repository, and shows the F# suite failing.
//
//     dotnet fsi tests/mutations/run.fsx            all mutations
//     dotnet fsi tests/mutations/run.fsx tag        those whose name contains "tag"
//     dotnet fsi tests/mutations/run.fsx compiled: compiled       the same, by the test lists alone whose name contains "compiled"
//
// Prints a line for each mutation and exits with 1 if any survives. A mutation whose text is no longer in the source is an error: mend
// it here when you change the source.
open System
open System.Diagnostics
open System.IO

type Mutation = { Name: string; File: string; From: string; To: string }

let core = "src-fsharp/FuncAD.Core"
let mutation name file from into = { Name = name; File = Path.Combine(core, file); From = from; To = into }

let mutations =
    [ mutation "rule: the slope of sin" "Rules/Trigonometry.fs" "unary (Cos()) x" "unary (Sin()) x"
      mutation "rule: the sign of a quotient's second slope" "Rules/Arithmetic.fs" "member _.SlopeB(_, b, y) = -y / b" "member _.SlopeB(_, b, y) = y / b"
      mutation "rule: tanh' as 1 - y^2, which cancels" "Rules/Hyperbolics.fs" "                s * s" "                number 1.0 - unary (Tanh()) x * unary (Tanh()) x"
      mutation "rule: sqrt' at -0" "Rules/Powers.fs" "number 0.5 / (y + number 0.0)" "number 0.5 / y"
      mutation "rule: a whole power's slope at 0" "Rules/Powers.fs" "if exponent = 0.0 then number 0.0" "if exponent = -1e9 then number 0.0"
      mutation "rule: d(x^y)/dy at x = 0" "Rules/Powers.fs" "elif a = 0.0 && b > 0.0 then 0.0" "elif a = -1.0 && b > 0.0 then 0.0"
      mutation "tie: all of max to the first argument" "Real.fs" "| 0.5 -> Real.Binary(Pieces.Meet y, a, b)" "| 0.5 -> a"
      mutation "tag: an operator takes whatever tangent is there" "Forward.fs" "if y.IsAt level then struct (y.Primal, y.Tangent)" "if not (isNull y.node) then struct (y.Primal, y.Tangent)"
      mutation "tag: no looking through levels that escaped" "Forward.fs" "y.Level.Order > level.Order" "y.Level.Order > level.Order + 1000000000L"
      mutation "tag: the lower level wins" "Real.fs" "a.Order >= b.Order then a" "a.Order <= b.Order then a"
      mutation "tag: ended levels live on" "Real.fs" "not (isNull live.node) && live.Level.Ended" "not (isNull live.node) && live.Level.Ended && live.Level.Order < 0L"
      mutation "backpropagator: the second input is forgotten" "Reverse.fs" "frame.B, 'T.Multiply('T.Constant frame.SlopeB, cotangent)" "frame.B, 'T.Multiply('T.Constant 0.0, cotangent)"
      mutation "backpropagator: cotangents are overwritten, not added" "Reverse.fs" "if marks.Touch slot then 'T.Add(cotangent, contribution)" "if marks.Touch slot then contribution"
      mutation "backpropagator: slopes that carry levels are swapped" "Real.fs" "Lifted(slopeA, slopeB)" "Lifted(slopeB, slopeA)"
      mutation "backpropagator: a closure of which only a later result is used" "Custom.fs" "Array.init numbers (fun index -> cotangents.IsTouched" "Array.init 1 (fun index -> cotangents.IsTouched"
      mutation "backpropagator: the third argument of a ternary rule" "Real.fs" "if c.IsAt level then join c (rule.SlopeC<Real>(primalA, primalB, primalC))" "ignore c"
      mutation "sum: the sum so far is forgotten" "Sums.fs" "tape.Append(sum.extra, 1.0)" "tape.Append(sum.extra, 0.0)"
      mutation "sum: a number of another level is taken for one of the tape" "Sums.fs" "if isOn tape x && isOn tape y then" "if isOn tape x then"
      mutation "sum: the first product is added to nothing" "Sums.fs" "if index = 0 then product else" ""
      mutation "sum: contributions in another order" "Reverse.fs" "for index = first + terms - 1 downto first do" "for index = first to first + terms - 1 do"
      mutation "sum: what nothing uses contributes" "Reverse.fs" "if marks.IsTouched slot then Sweep<'T, 'M>.Terms" "Sweep<'T, 'M>.Terms"
      mutation "zero: computed and structural ones are confused" "Reverse.fs" "seeds.Numbers count (Marks(Array.zeroCreate tape.Count))" "seeds.Numbers count (NoMarks())"
      mutation "zero: a tangent of 0 is lifted" "Forward.fs" "if isNull tangent.node && tangent.value = 0.0 then x" "if isNull tangent.node && tangent.value = infinity then x"
      mutation "Taylor: a wrong weight" "Taylor.fs" "float j / float k" "float (k - j + 1) / float k"
      mutation "Taylor: what has the same node is shared" "Taylor.fs" "box (struct (bits x.value, bits x.extra, x.node))" "box x.node"
      mutation "Taylor: a quotient's last term" "Taylor.fs" "for j = 1 to min k (seriesB.Bound - 1) do" "for j = 1 to min k (seriesB.Bound - 2) do"
      mutation "custom: a pushforward by the first row" "Custom.fs" "if i = index then Real 1.0 else zero" "if i = 0 then Real 1.0 else zero"
      mutation "custom: a slope that takes x for y" "Custom.fs" "unbox<'T> (box (slope x y))" "unbox<'T> (box (slope x x))"
      mutation "clamp: the bound's slope is forgotten" "Real.fs" "Real.Min(Real.Max(x, min), max)" "Real.Min(Real.Max(x, min), Real max.value)"
      mutation "structure: dictionaries by position" "Structures/Shapes.fs" "| true, part -> into.Open(element).Gather(pair.Value, part, into)" "| true, _ -> into.Open(element).Gather(pair.Value, pairs[Array.IndexOf(like, pair)].Value, into)"
      mutation "rows: other rows' infinite slopes show" "Reverse.fs" "if isAnyNaN cotangents then alone row else cotangents" "cotangents"
      mutation "rows: a seed in its neighbour's lane" "Reverse.fs" "lanes[row] <- 1.0" "lanes[slots.Length - 1 - row] <- 1.0"
      mutation "dual tape: the slopes' tangents are forgotten" "DualTape.fs" "if not slope.IsConstant then place.OfSlopeA <- slope.Tangents" "ignore place"
      mutation "dual tape: what is no constant is one" "DualTape.fs" "slopeA.IsConstant && slopeB.IsConstant" "slopeA.IsConstant || slopeB.IsConstant"
      mutation "dual tape: the slope's tangent of the second argument" "DualTape.fs" "place.OfSlopeB <- slopeB.Tangents" "place.OfSlopeB <- slopeA.Tangents"
      mutation "dual tape: infinite slopes show" "DualTape.fs" "IsAnyNaN(lanes, lanes.Length) then null" "IsAnyNaN(lanes, 0) then null"
      mutation "dual tape: numbers of lower levels are constants" "Real.fs" "if not (isNull x.node || x.IsAt level) then level.Refuse()" "()"
      mutation "dual tape: a refusal that f catches" "Curvature.fs" "            if tape.IsRefused then" "            if tape.IsTooLong then"
      mutation "dual tape: a third argument's tangent" "DualTape.fs" "y <- Bundle(value, 'V.Add(y.Tangents, tangents))" "y <- Bundle(value, y.Tangents)"
      mutation "dual tape: a direction in its neighbour's lane" "Curvature.fs" "curvatures[index * width + direction - first]" "curvatures[index * width + last - direction]"
      mutation "threads: every stack is the owner's" "Tape.fs" "unativeint (highest - Tape.Here()) < span" "span > 0un"
      mutation "threads: a foreign thread records" "Tape.fs" "elif Environment.CurrentManagedThreadId <> owner then" "elif owner < 0 then"
      mutation "arrays: a cotangent that an outer level has recorded is reused" "Arrays/Tensor.fs" "if isNull a.Node && isNull b.Node && isNull yBar.Node then cotangents.Drop" "if isNull yBar.Node then cotangents.Drop"
      mutation "arrays: what a custom rule has seen is reused" "Custom.fs" "let struct (yBar, _) = cotangents.Take(firstArray + index) in yBar)" "let struct (yBar, share) = cotangents.Take(firstArray + index) in (cotangents.Drop(yBar, share); yBar))"
      mutation "arrays: a row overwrites what was there" "Arrays/Softmax.fs" "Row.Weigh(x, y[0].Elements[row], Rows.number yBar[0] row, out, add)" "Row.Weigh(x, y[0].Elements[row], Rows.number yBar[0] row, out, false)"
      mutation "arrays: the slope at a label cancels" "Arrays/Softmax.fs" "SpecialValues.expm1 -loss * ofLoss" "(Math.Exp -loss - 1.0) * ofLoss"
      mutation "arrays: the sum of equal cotangents" "Arrays/Softmax.fs" "float extent * t[0]" "t[0]"
      mutation "Taylor: a choice makes computed zeros of structural ones" "Taylor.fs" ":? Pieces.Same -> (level.SeriesOf views[0]).Bound" ":? Pieces.Same -> Int32.MaxValue"
      mutation "packs: a loop joins what has not been computed" "Compiled/PackSchedule.fs" "stepOf[source] < step else" "stepOf[source] <= step else"
      mutation "packs: neighbours in whatever pack" "Compiled/Packs.fs" "pack[value - first] = pack[next - first] && place" "place"
      mutation "packs: guards are left out" "Compiled/Program.fs" "|> Array.filter (fun guard -> lineOf.ContainsKey guard.Node)" "|> Array.filter (fun _ -> false)"
      mutation "packs: 0 and -0 are one constant" "Compiled/PackedCompiler.fs" "numbers |> Array.map BitConverter.DoubleToInt64Bits" "numbers |> Array.map int64"
      mutation "packs: all tables are the first" "Compiled/LaneCompiler.fs" "int64 start * 8L" "int64 start * 0L"
      mutation "compiled: the sign of a zero is left as it is" "Compiled/SignsOfZero.fs" "simpler.Apply(add, zero, min p q, 0), max p q, 0)" "min p q, max p q, 0)"
      mutation "compiled: sums behind the wrong pointer" "Compiled/LaneCompiler.fs" "int64 output * 64L" "int64 output * 0L"
      mutation "compiled: all parameters are the first" "Compiled/LaneCompiler.fs" "Ldloc, uniform)\n                    add (int64 index * 8L)" "Ldloc, uniform)\n                    add (int64 index * 0L)"
      mutation "compiled: a late line that has two readers" "Compiled/LineOrder.fs" "&& readers[line] = 1 && not" "&& not"
      mutation "packs: a result that only an output needs is not kept" "Compiled/PackedCompiler.fs" "for output in program.Outputs do" "for output in [||] do"
      mutation "compiled: a simplification loses a sign" "Compiled/Graph.fs" "graph.Apply(subtract, b, graph.Unnegated a, 0)" "graph.Apply(add, b, graph.Unnegated a, 0)"
      mutation "compiled: a sum of 0 and -0" "Compiled/Graph.fs" "(graph.Is(b, 0.0) && absorbsZero a)" "graph.Is(b, 0.0)"
      mutation "compiled: a power of two, off by one" "Compiled/Graph.fs" "graph.Constant(1.0 / values[b])" "graph.Constant(2.0 / values[b])"
      mutation "compiled: three halves are a power of two" "Compiled/Graph.fs" "bits &&& 0x000FFFFFFFFFFFFFL = 0L" "bits &&& 0x0007FFFFFFFFFFFFL = 0L"
      mutation "compiled: a sum of weights is certain" "Compiled/Graph.fs" "if isSeeded || isOfWeights ||" "if isSeeded ||"
      mutation "compiled: a weight and a computed 0 is a weight" "Compiled/Graph.fs" "&& not (graph.Knows(node, Facts.Answer))" ""
      mutation "compiled: a seed that is an input is certain" "Compiled/Graph.fs" "member _.NoteSeed() = isSeeded <- true" "member _.NoteSeed() = isSeeded <- false"
      mutation "compiled: interpreted guards are not checked" "Compiled/Interpreter.fs" "holds <- (value <> 0.0) = (expected[index] > 0y)" "holds <- true"
      mutation "compiled: the interpreter's Select is reversed" "Compiled/Interpreter.fs" "if a <> 0.0 then b else" "if a = 0.0 then b else"
      mutation "compiled: machine code does not check guards" "Compiled/ScalarCompiler.fs" "for guard in program.GuardsAfter index do" "for guard in Array.truncate 0 (program.GuardsAfter index) do"
      mutation "compiled: points of other paths stay in the batch" "Compiled/TileCode.fs" "if (answers[index] <> 0.0) <> guard.Expected then rejected[index] <- true" "ignore answers[index]"
      mutation "compiled: twins change places" "Compiled/TileCode.fs" "span tile (program.First + first), span tile (program.First + second))" "span tile (program.First + second), span tile (program.First + first))"
      mutation "batches: twins in a loop change places" "Compiled/LaneCompiler.fs" "for line in step.Lines do\n                    address (program.First + line)" "for line in Array.rev step.Lines do\n                    address (program.First + line)"
      mutation "batches: what calls give is not summed" "Compiled/LaneCompiler.fs" "addUp (program.First + line)" "()"
      mutation "batches: all groups are the first" "Compiled/Plan.fs" "slot * Loop.Widest" "0 * slot"
      mutation "batches: memory is used again too early" "Compiled/Plan.fs" "ending[max run last[value]]" "ending[run]"
      mutation "batches: what another loop reads is in a group" "Compiled/Plan.fs" "<> stage then isColumn[operand] <- true" "<> stage then isInMemory[operand] <- true"
      mutation "batches: a step comes with its first operand" "Compiled/Steps.fs" "if waiting[reader] = 0 then candidates.Add reader" "if waiting[reader] >= 0 && not (candidates.Contains reader) then candidates.Add reader"
      mutation "compiled: the second vector is the first again" "Compiled/LaneCompiler.fs" "if turn > 0 then" "if turn > 1 then"
      mutation "compiled: an output is summed twice" "Compiled/LaneCompiler.fs" "for output in program.OutputsOf value do" "for output in Array.append (program.OutputsOf value) (program.OutputsOf value) do"
      mutation "compiled: the copies that fill up a tile are summed" "Compiled/Summation.fs" "for point = 0 to length - 1 do\n                    if not" "for point = 0 to Workspace.Padded length - 1 do\n                    if not"
      mutation "compiled: what varies in one operand alone is hoisted" "Compiled/Hoist.fs" "program.Operands line |> Array.exists" "program.Operands line |> Array.forall"
      mutation "compiled: other parts of a sum's parameters are passed over" "Compiled/CompiledSum.fs" "if not leaves.IsLikeInOthers then" "if leaves.HasFunctions then"
      mutation "compiled: every point is compiled into a path" "Compiled/Compiled.fs" "known.Length < options.MaximumPaths" "known.Length >= 0"
      mutation "compiled: both terms of a sum give up their signs" "Compiled/SignsOfZero.fs" "(never a && not (never b))" "never a"
      mutation "compiled: a denominator's sign of zero does not count" "Compiled/SignsOfZero.fs" "demand b false" "demand b isFree"
      mutation "compiled: the sigmoid is turned round" "Compiled/Expansion.fs" "graph.Apply(less, a, zero, 0)" "graph.Apply(less, zero, a, 0)"
      mutation "compiled: a product of what varies commutes with the sum" "Compiled/Hoist.fs" "isShared a <> isShared b" "not (isShared a && isShared b)" ]

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let copy = Path.Combine(Path.GetTempPath(), $"funcad-mutations-{Environment.ProcessId}")

let run (folder: string) (program: string) (arguments: string list) : int * string =
    let start = ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)
    use running = Process.Start start
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result

let project = "tests/FuncAD.Core.Tests"
let build () = run copy "dotnet" [ "build"; project; "--verbosity"; "quiet" ]
let argument index = fsi.CommandLineArgs |> Array.tryItem index |> Option.defaultValue ""
let lists = match argument 2 with "" -> [] | name -> [ "--filter-test-list"; name ]
let test () = run copy "dotnet" ([ "run"; "--no-build"; "--project"; project; "--"; "--no-spinner" ] @ lists)

let last (output: string) = output.Split('\n', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries) |> Array.tryLast |> Option.defaultValue ""

for file in (snd (run root "git" [ "ls-files"; "--cached"; "--others"; "--exclude-standard" ])).Split('\n', StringSplitOptions.RemoveEmptyEntries) do
    let target = Path.Combine(copy, file)
    Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
    File.Copy(Path.Combine(root, file), target, true)

let mutable failures = 0

let report (verdict: string) (name: string) =
    if verdict <> "caught" then failures <- failures + 1
    printfn $"%-9s{verdict} {name}"

try
    let built, output = build ()
    let passed, output = if built = 0 then test () else built, output
    if passed <> 0 then
        printfn $"The suite does not pass without a mutation:\n{last output}"
        exit 1
    for mutation in mutations |> List.filter _.Name.Contains(argument 1) do
        let file = Path.Combine(copy, mutation.File)
        let source = File.ReadAllText file
        if not (source.Contains mutation.From) then
            report "NO TEXT" $"{mutation.Name}: {mutation.File} no longer has it"
        else
            let at = source.IndexOf mutation.From
            File.WriteAllText(file, source.Remove(at, mutation.From.Length).Insert(at, mutation.To))
            match build () with
            | 0, _ -> report (if fst (test ()) = 0 then "SURVIVED" else "caught") mutation.Name
            | _, output -> report "NO BUILD" $"{mutation.Name}: {last output}"
            File.WriteAllText(file, source)
finally
    if Directory.Exists copy then Directory.Delete(copy, true)

exit (if failures = 0 then 0 else 1)
