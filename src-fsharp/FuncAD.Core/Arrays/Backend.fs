namespace FuncAD

open System
open System.Numerics.Tensors
open System.Runtime.CompilerServices

/// <summary>
/// What is chosen or said once. It is apart from Backend, so that a program that asks only whether code is generated makes none of it.
/// </summary>
[<AbstractClass; Sealed>]
type internal BackendChoice private () =
    static let chosen = lazy BackendChoice.Choose(Environment.GetEnvironmentVariable "FUNCAD_BLAS")

    static let interpreted =
        lazy
            (if isNull (Environment.GetEnvironmentVariable "FUNCAD_QUIET") then
                 Console.Error.WriteLine(
                     "FuncAD: compiled functions are interpreted, 3 to 10 times slower, since this program makes no code at run time (native AOT, or DynamicCodeSupport is false). "
                     + "Where it is not published so, add '#:property PublishAot=false' to a file-based app or <DynamicCodeSupport>true</DynamicCodeSupport> to a project. "
                     + "FUNCAD_QUIET=1 keeps this line away."
                 ))

    static member private Libraries: string list =
        if OperatingSystem.IsWindows() then [ "libopenblas.dll"; "openblas.dll"; "mkl_rt.2.dll"; "mkl_rt.dll" ]
        elif OperatingSystem.IsMacOS() then [ "libopenblas.dylib"; "/System/Library/Frameworks/Accelerate.framework/Accelerate" ]
        else [ "libopenblas.so.0"; "libopenblas.so"; "libmkl_rt.so.2"; "libmkl_rt.so"; "libblis.so.4"; "libblis.so" ]

    /// The products for a value of FUNCAD_BLAS.
    static member Choose(setting: string) : Products =
        if String.IsNullOrWhiteSpace setting then
            BackendChoice.Libraries |> List.tryPick NativeProducts.TryLoad |> Option.defaultWith (fun () -> ManagedProducts "")
        elif setting = "none" then
            ManagedProducts ""
        else
            NativeProducts.TryLoad setting |> Option.defaultWith (fun () -> ManagedProducts $" (FUNCAD_BLAS = {setting} cannot be used)")

    /// The products in use.
    static member Products: Products = chosen.Value

    /// Says on the standard error that programs are interpreted, the first time.
    static member SayInterpreted() : unit = interpreted.Force()

/// <summary>
/// Where matrix products are computed: by the machine's BLAS if one is found, in managed code otherwise. Chosen once, when the first
/// product runs or the first of these properties is read. Nothing has to be installed.
/// </summary>
/// <remarks>
/// The usual names of OpenBLAS, MKL and BLIS are tried where the operating system and .NET look for native libraries (on macOS, Accelerate
/// too). The environment variable FUNCAD_BLAS chooses instead: "none" for managed code, or the name or path of a library with the C
/// interface of BLAS and 32-bit integers. If that cannot be used, managed code is, and <c>Name</c> says so. A program that chose a native
/// provider for MathNet.Numerics gets that one in place of managed code.
/// Results are bitwise equal for equal numbers as long as the library, the machine and the number of threads stay the same; with another
/// number of threads, or with arrays that lie otherwise in memory, a library may sum in another order. In managed code an element's bits
/// depend on its row and its column alone, where neither operand is a vector or a single row or column.
/// </remarks>
[<AbstractClass; Sealed>]
type Backend private () =
    /// The products for a value of FUNCAD_BLAS.
    static member internal Choose(setting: string) : Products = BackendChoice.Choose setting

    /// <summary>The library in use, for example "OpenBLAS 0.3.21 (libopenblas.so.0, kernels for Haswell)".</summary>
    static member Name: string = BackendChoice.Products.Name

    /// <summary>True if matrix products run in a native BLAS that was found, false if they run in managed code.</summary>
    static member IsNative: bool = BackendChoice.Products.IsNative

    /// <summary>
    /// The number of threads that one product may use, from OpenBLAS, MKL, BLIS or, for managed code, MathNet.Numerics
    /// (<c>Control.MaxDegreeOfParallelism</c>). It holds for the whole process. For other libraries, which do not tell, it reads as 1, and
    /// setting it does nothing.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">Set to less than 1.</exception>
    static member Threads
        with get (): int = BackendChoice.Products.Threads
        and set (threads: int) =
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof threads)
            BackendChoice.Products.Threads <- threads

    /// <summary>
    /// Whether compiled functions become machine code. False in a program that is published ahead of time (native AOT), or that turns code
    /// at run time off: they are interpreted then, some 3 to 10 times slower, which a line on the standard error says once. The
    /// environment variable FUNCAD_QUIET, set to anything, keeps it silent.
    /// </summary>
    static member GeneratesCode: bool = RuntimeFeature.IsDynamicCodeCompiled

    /// Tells whether a program becomes machine code if that is asked for, and says once why not.
    static member internal MayGenerateCode() : bool =
        if not Backend.GeneratesCode then BackendChoice.SayInterpreted()
        Backend.GeneratesCode

    /// C <- alpha op(A) op(B) + beta C; see Products.Gemm.
    static member internal Gemm
        (
            transA: bool,
            transB: bool,
            m: int,
            n: int,
            k: int,
            alpha: float,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            beta: float,
            c: Span<float>
        ) : unit =
        BackendChoice.Products.Gemm(transA, transB, m, n, k, alpha, a, b, beta, c)

    /// The inner product of two vectors of one length.
    static member internal Dot(x: ReadOnlySpan<float>, y: ReadOnlySpan<float>) : float = TensorPrimitives.Dot(x, y)
