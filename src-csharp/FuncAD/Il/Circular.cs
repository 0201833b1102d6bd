namespace FuncAD.Il;

/// <summary>
/// Answers to a question about things that refer to one another in circles. On the way a thing is assumed to have the answer no, and a no
/// that may rest on that is forgotten when the first question is answered.
/// </summary>
internal sealed class Circular<T>(Func<T, bool> decide)
    where T : class
{
    private readonly Dictionary<T, bool> known = [];
    private readonly List<T> assumed = [];

    public bool Ask(T thing)
    {
        lock (known)
            return Answer(thing);
    }

    private bool Answer(T thing)
    {
        if (known.TryGetValue(thing, out var answer))
            return answer;
        var isFirst = assumed.Count == 0;
        known[thing] = false;
        assumed.Add(thing);
        answer = known[thing] = decide(thing);
        if (isFirst)
        {
            foreach (var other in assumed)
                if (other != thing && !known[other])
                    known.Remove(other);
            assumed.Clear();
        }
        return answer;
    }
}
