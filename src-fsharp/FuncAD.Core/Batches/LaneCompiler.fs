namespace FuncAD.Compiled

/// <summary>Compiles jobs to a loop over vectors.</summary>
module internal LaneCompiler =
    /// With at most this many lines between calls, a loop computes two vectors in turn, line by line, as Pair512 does: the second has work
    /// to do while the first waits. The values of more lines do not fit into the registers (measured: 64 lines gain up to a quarter, 240
    /// take twice as long).
    let private pairedLines = 64

    /// <summary>The loop over a tile's points, over vectors of a width.</summary>
    /// <param name="layout">Where the values lie.</param>
    /// <param name="lines">The lines that the jobs are of.</param>
    /// <param name="jobs">The jobs, each after those whose results it reads.</param>
    /// <param name="bits">128, 256 or 512.</param>
    let compile (layout: Layout) (lines: Line[]) (jobs: Job[]) (bits: int) : Fusion =
        let isShort (run: Job[]) = run.Length <= pairedLines
        let turns = if LaneSchedule.inRuns lines jobs |> Array.forall isShort then 2 else 1
        let emitter = LaneEmitter(layout, bits, turns)
        emitter.Loop(fun () ->
            for job in jobs do
                let results = job.Lines |> Array.map (fun line -> layout.First + line)
                match job with
                | Job.Shared(kind, _, _) -> emitter.Call(kind, LaneSchedule.operands lines job, results)
                | Job.Line line when LaneSchedule.isCall lines job ->
                    emitter.Call(lines[line].Primitive, LaneSchedule.operands lines job, results)
                | Job.Line line -> emitter.Line(lines[line], layout.First + line))
