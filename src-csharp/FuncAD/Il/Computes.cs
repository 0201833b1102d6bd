using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>Which of the user's methods that show no number still compute with some, or run code on other threads: they are lifted, too.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Computes(Twins twins, Bodies bodies)
{
    private Circular<MethodBase>? answers;

    public bool Any(MethodBase method) => (answers ??= new(Decide)).Ask(method);

    private bool Decide(MethodBase method)
    {
        if (method.Signature().Any(twins.Mentions) || twins.Mentions(method.DeclaringType!))
            return true;
        if (method.IsGenericMethod && method.GetGenericArguments().Any(twins.Mentions))
            return true;
        return bodies.Of(method) is { } body
            && (body.Layout.LocalVariables.Any(v => twins.Mentions(v.LocalType)) || body.Instructions.Any(i => Shows(i.Operand)));
    }

    private bool Shows(object? operand) =>
        operand switch
        {
            double => true,
            float => twins.IsNumber(typeof(float)),
            FieldInfo field => twins.Mentions(field.FieldType),
            Type type => twins.Mentions(type),
            MethodBase callee => Refusals.IsParallel(callee)
                || (callee.DeclaringType!.IsUsers() ? Any(callee) : callee.Signature().Any(twins.Mentions)),
            _ => false,
        };
}
