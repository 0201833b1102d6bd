// References FuncAD and MathNet.Numerics for the scripts beside it. Build first, in either configuration:
//
//     dotnet build src-fsharp/FuncAD.Core -c Release
//
// Release is looked for before Debug; `dotnet fsi -I:<folder> script.fsx` puts another folder before both.
#nowarn "211" // one of the folders may be missing
#I "../src-fsharp/FuncAD.Core/bin/Release/net10.0"
#I "../src-fsharp/FuncAD.Core/bin/Debug/net10.0"
#r "FuncAD.Core.dll"
#r "MathNet.Numerics.dll"
