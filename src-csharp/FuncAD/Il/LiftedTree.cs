using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>Expression trees over Real: nodes are rebuilt at the mapped types, and methods that they call are translated from their IL.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class LiftedTree : ExpressionVisitor
{
    private static readonly ConstructorInfo constant = typeof(Real).GetConstructor([typeof(double)])!;

    private readonly LiftedCode code;
    private readonly Captured captured;
    private readonly Dictionary<ParameterExpression, ParameterExpression> parameters = [];
    private readonly Dictionary<LabelTarget, LabelTarget> labels = [];

    private LiftedTree(LiftedCode code)
    {
        this.code = code;
        captured = new(code.Twins, code);
    }

    public static LambdaExpression Rewrite(LambdaExpression f, LiftOptions options)
    {
        var code = new LiftedCode(options);
        new Callees(code).Visit(f);
        code.Build();
        return (LambdaExpression)new LiftedTree(code).Visit(f);
    }

    private Type Map(Type type) => code.Twins.Map(type);

    // ---- What the tree reaches ----

    [RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
    private sealed class Callees(LiftedCode code) : ExpressionVisitor
    {
        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            Add(node.Method);
            return base.VisitMethodCall(node);
        }

        protected override Expression VisitBinary(BinaryExpression node)
        {
            Add(node.Method);
            return base.VisitBinary(node);
        }

        protected override Expression VisitUnary(UnaryExpression node)
        {
            Add(node.Method);
            return base.VisitUnary(node);
        }

        protected override Expression VisitNew(NewExpression node)
        {
            Add(node.Constructor);
            code.Reach.Live(node.Type);
            return base.VisitNew(node);
        }

        protected override ElementInit VisitElementInit(ElementInit node)
        {
            Add(node.AddMethod);
            return base.VisitElementInit(node);
        }

        protected override MemberAssignment VisitMemberAssignment(MemberAssignment node)
        {
            Add((node.Member as PropertyInfo)?.SetMethod);
            return base.VisitMemberAssignment(node);
        }

        protected override Expression VisitMember(MemberExpression node)
        {
            Add((node.Member as PropertyInfo)?.GetMethod);
            AddCaptured(node);
            return base.VisitMember(node);
        }

        protected override Expression VisitConstant(ConstantExpression node)
        {
            AddConstant(node);
            return node;
        }

        private void AddCaptured(MemberExpression node)
        {
            if (IsCaptured(node))
                code.Reach.Add(Value(node));
        }

        private void AddConstant(ConstantExpression node)
        {
            if (node.Value is not null && !Twins.IsClosure(node.Type))
                code.Reach.Add(node.Value);
        }

        private void Add(MethodBase? method)
        {
            if (method is null)
                return;
            code.Twins.Discover(method.DeclaringType!);
            foreach (var part in method.Signature())
                code.Twins.Discover(part);
            var call = code.Calls.Classify(method, false);
            if (call.Kind == CallKind.Lifted)
                code.Reach.Add(call.Method!);
            if (call.Kind == CallKind.Lifted && method is ConstructorInfo)
                code.Reach.Constructors.Add(method);
            if (call.Kind == CallKind.Refused)
                throw new LiftException($"{Names.Of(method)} {call.Why} (called in the tree)");
        }
    }

    // ---- Nodes ----

    protected override Expression VisitParameter(ParameterExpression node) =>
        parameters.TryGetValue(node, out var known)
            ? known
            : parameters[node] = Expression.Parameter(node.IsByRef ? Map(node.Type).MakeByRefType() : Map(node.Type), node.Name);

    protected override LabelTarget? VisitLabelTarget(LabelTarget? node) =>
        node is null ? null
        : labels.TryGetValue(node, out var known) ? known
        : labels[node] = Expression.Label(Map(node.Type), node.Name);

    protected override Expression VisitLambda<T>(Expression<T> node) =>
        Expression.Lambda(Map(node.Type), Visit(node.Body), node.Parameters.Select(p => (ParameterExpression)VisitParameter(p)));

    protected override Expression VisitConstant(ConstantExpression node) =>
        Map(node.Type) is var mapped && mapped == node.Type ? node : Expression.Constant(captured.ToTwin(node.Value), mapped);

    protected override Expression VisitDefault(DefaultExpression node) => Expression.Default(Map(node.Type));

    protected override Expression VisitConditional(ConditionalExpression node) =>
        Expression.Condition(Visit(node.Test), Visit(node.IfTrue), Visit(node.IfFalse), Map(node.Type));

    protected override Expression VisitBlock(BlockExpression node) =>
        Expression.Block(
            Map(node.Type),
            node.Variables.Select(v => (ParameterExpression)VisitParameter(v)),
            node.Expressions.Select(e => Visit(e)!)
        );

    protected override CatchBlock VisitCatchBlock(CatchBlock node)
    {
        var error = node.Variable is null ? Expression.Parameter(Map(node.Test)) : (ParameterExpression)VisitParameter(node.Variable);
        Expression mayCatch = Expression.Not(Expression.Call(typeof(StandIns), nameof(StandIns.IsRefusal), null, error));
        return Expression.MakeCatchBlock(
            Map(node.Test),
            error,
            Visit(node.Body),
            node.Filter is null ? mayCatch : Expression.AndAlso(mayCatch, Visit(node.Filter))
        );
    }

    protected override Expression VisitTry(TryExpression node) =>
        Expression.MakeTry(Map(node.Type), Visit(node.Body), Visit(node.Finally), Visit(node.Fault), node.Handlers.Select(VisitCatchBlock));

    protected override Expression VisitBinary(BinaryExpression node)
    {
        var (left, right) = (Visit(node.Left), Visit(node.Right));
        if (node.NodeType == ExpressionType.Power)
            return Expression.Call(typeof(Real), nameof(Real.Pow), null, left, right);
        var method =
            node.Method is { } m && left.Type != node.Left.Type ? (MethodInfo?)Target(m)
            : left.Type == node.Left.Type ? node.Method
            : null;
        return Expression.MakeBinary(node.NodeType, left, right, node.IsLiftedToNull, method, (LambdaExpression?)Visit(node.Conversion));
    }

    protected override Expression VisitUnary(UnaryExpression node)
    {
        var operand = Visit(node.Operand);
        var type = Map(node.Type);
        if (node.NodeType == ExpressionType.Quote)
            return operand;
        if (node.NodeType is not (ExpressionType.Convert or ExpressionType.ConvertChecked))
            return Expression.MakeUnary(node.NodeType, operand, type);
        if (operand.Type == type)
            return operand;
        if (type == typeof(Real))
            return operand.Type == typeof(object)
                ? Expression.Unbox(operand, type)
                : Expression.New(constant, Expression.Convert(operand, typeof(double)));
        if (operand.Type == typeof(Real) && !type.IsAssignableFrom(typeof(Real)) && Nullable.GetUnderlyingType(type) is null)
            return type == typeof(float) || type == typeof(decimal)
                ? throw new LiftException($"the conversion to {Names.Of(type)} would drop the number's derivative (in the tree)")
                : Expression.Convert(Expression.Property(operand, nameof(Real.Value)), type);
        return Expression.MakeUnary(node.NodeType, operand, type);
    }

    protected override Expression VisitNewArray(NewArrayExpression node)
    {
        var element = Map(node.Type.GetElementType()!);
        var parts = node.Expressions.Select(e => Visit(e)!);
        return node.NodeType == ExpressionType.NewArrayInit
            ? Expression.NewArrayInit(element, parts)
            : Expression.NewArrayBounds(element, parts);
    }

    protected override Expression VisitInvocation(InvocationExpression node) =>
        Expression.Invoke(Visit(node.Expression), node.Arguments.Select(a => Visit(a)!));

    // ---- Members ----

    private static bool IsCaptured(MemberExpression node) =>
        node.Member is FieldInfo
        && (node.Expression is null or ConstantExpression || node.Expression is MemberExpression inner && IsCaptured(inner));

    private static object? Value(Expression node) => Expression.Lambda(node).Compile(preferInterpretation: true).DynamicInvoke();

    protected override Expression VisitMember(MemberExpression node)
    {
        if (IsCaptured(node))
            return Expression.Constant(captured.ToTwin(Value(node)), Map(node.Type));
        var on = Visit(node.Expression)!;
        if (on.Type == node.Expression!.Type)
            return node.Update(on);
        return node.Member is FieldInfo field
            ? Expression.Field(on, code.Twins.Map(field))
            : Call(((PropertyInfo)node.Member).GetMethod!, on, []);
    }

    protected override Expression VisitNew(NewExpression node)
    {
        var arguments = node.Arguments.Select(a => Visit(a)!).ToArray();
        if (Map(node.Type) == node.Type)
            return node.Update(arguments);
        if (node.Constructor is null)
            return Expression.New(Map(node.Type));
        return code.Calls.Classify(node.Constructor, false).Kind == CallKind.Lifted
            ? Expression.Call(code.Made(node.Constructor), arguments)
            : Expression.New((ConstructorInfo)code.Twins.Map(node.Constructor)!, arguments);
    }

    /// <summary>An object and what is done to it before it is the value.</summary>
    private Expression Made(NewExpression node, Func<Expression, IEnumerable<Expression>> fill)
    {
        var made = Expression.Variable(Map(node.Type));
        return Expression.Block([made], [Expression.Assign(made, Visit(node)), .. fill(made), made]);
    }

    protected override Expression VisitListInit(ListInitExpression node) =>
        Made(
            node.NewExpression,
            made => node.Initializers.Select(element => Call(element.AddMethod, made, [.. element.Arguments.Select(a => Visit(a)!)]))
        );

    protected override Expression VisitMemberInit(MemberInitExpression node) =>
        Made(node.NewExpression, made => node.Bindings.Select(binding => Assign(made, binding)));

    private Expression Assign(Expression made, MemberBinding binding)
    {
        if (binding is not MemberAssignment assignment)
            throw new LiftException(
                "An initialiser within an initialiser (in the tree). Write the function as code, and call it in the tree"
            );
        var value = Visit(assignment.Expression);
        return assignment.Member is FieldInfo field
            ? Expression.Assign(Expression.Field(made, code.Twins.Map(field)), value)
            : Call(((PropertyInfo)assignment.Member).SetMethod!, made, [value]);
    }

    protected override Expression VisitTypeBinary(TypeBinaryExpression node) =>
        node.NodeType == ExpressionType.TypeEqual
            ? Expression.TypeEqual(Visit(node.Expression), Map(node.TypeOperand))
            : Expression.TypeIs(Visit(node.Expression), Map(node.TypeOperand));

    protected override Expression VisitSwitch(SwitchExpression node) =>
        Expression.Switch(
            Map(node.Type),
            Visit(node.SwitchValue),
            Visit(node.DefaultBody),
            node.Comparison is null ? null : (MethodInfo)Target(node.Comparison),
            node.Cases.Select(c => Expression.SwitchCase(Visit(c.Body), c.TestValues.Select(v => Visit(v)!)))
        );

    protected override Expression VisitMethodCall(MethodCallExpression node) =>
        Call(node.Method, Visit(node.Object), [.. node.Arguments.Select(a => Visit(a)!)]);

    private MethodBase Target(MethodInfo method)
    {
        var call = code.Calls.Classify(method, false);
        return call.Kind is CallKind.Constant or CallKind.Read or CallKind.OfConstants ? method : code.Callable(method);
    }

    private Expression Call(MethodInfo method, Expression? on, Expression[] arguments)
    {
        var target = (MethodInfo)Target(method);
        if (target.IsStatic && on is not null)
            (arguments, on) = ([on, .. arguments], null);
        var parameters = target.GetParameters();
        for (var k = 0; k < arguments.Length; k++)
            if (parameters[k].ParameterType == typeof(double) && arguments[k].Type == typeof(Real))
                arguments[k] = code.Calls.Classify(method, false) is { Kind: CallKind.OfConstants, Why: var why }
                    ? Expression.Call(
                        typeof(StandIns),
                        nameof(StandIns.ReadConstant),
                        null,
                        arguments[k],
                        Expression.Constant($"{Names.Of(method)} {why} (called in the tree)")
                    )
                    : Expression.Property(arguments[k], nameof(Real.Value));
        Expression call = Expression.Call(on, target, arguments);
        return target.ReturnType == typeof(double) ? Expression.New(constant, call) : call;
    }
}
