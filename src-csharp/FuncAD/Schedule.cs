namespace FuncAD;

/// <summary>
/// Learning rates as functions of the number of steps taken so far, 0 at the first step: <c>rate: schedule(state.Steps)</c>. A rate is a
/// <see cref="Real"/>, so that it can be differentiated with respect to what it was made from.
/// </summary>
public static class Schedule
{
    /// <inheritdoc cref="ScheduleModule.constant"/>
    public static Func<int, Real> Constant(Real rate) => t => ScheduleModule.constant(rate, t);

    /// <inheritdoc cref="ScheduleModule.steps"/>
    public static Func<int, Real> Steps(Real rate, int every, double factor) => ScheduleModule.steps(every, factor, rate).ToFunc();

    /// <inheritdoc cref="ScheduleModule.exponential"/>
    public static Func<int, Real> Exponential(Real rate, double factor) => t => ScheduleModule.exponential(factor, rate, t);

    /// <summary>
    /// rate(t) = last + (rate - last) (1 + cos(pi t / total)) / 2, from the rate down to the last one, where it stays (Loshchilov and Hutter
    /// 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5, without restarts).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">total is less than 1.</exception>
    public static Func<int, Real> Cosine(Real rate, int total, Real last = default) => ScheduleModule.cosine(total, last, rate).ToFunc();

    /// <inheritdoc cref="ScheduleModule.warmUp"/>
    public static Func<int, Real> WarmUp(int steps, Func<int, Real> schedule) => ScheduleModule.warmUp(steps, schedule.ToFSharp()).ToFunc();
}
