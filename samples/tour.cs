#:project ../src-csharp/FuncAD/FuncAD.csproj
using FuncAD;
using static FuncAD.RealMath;
Console.WriteLine(AD.Grad(AD.Grad(x => Sin(x) * x))(1.0));
