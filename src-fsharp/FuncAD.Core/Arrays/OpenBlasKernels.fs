namespace FuncAD

open System
open System.IO
open System.Runtime.InteropServices
open System.Runtime.Intrinsics.X86

/// <summary>
/// Which of its kernels OpenBLAS uses. It knows processors by their model numbers; one that is newer than the library gets the kernels for
/// Prescott, a processor of 2004, which leave most of the machine unused. Then OpenBLAS is told once more, in the way that its documentation
/// gives to users: by the environment variable OPENBLAS_CORETYPE, which it reads when it initialises its kernels.
/// </summary>
module internal OpenBlasKernels =
    type private Initialise = delegate of unit -> unit

    // .NET's own environment is a copy, which native code does not see.
    [<DllImport("libc", CharSet = CharSet.Ansi)>]
    extern int private setenv(string name, string value, int overwrite)

    [<DllImport("libc", CharSet = CharSet.Ansi)>]
    extern int private unsetenv(string name)

    [<Literal>]
    let private Variable = "OPENBLAS_CORETYPE"

    /// The kernels to ask for where the library has chosen those for a core, if any: no Prescott has AVX2, so that this core was not recognised.
    let better (chosen: string) (hasAvx2: bool) (hasAvx512: bool) : string option =
        if chosen <> "Prescott" || not hasAvx2 then None
        elif hasAvx512 then Some "SkylakeX"
        else Some "Haswell"

    /// Tells whether some OpenBLAS is in use in this process already. Its kernels are not to be exchanged under way.
    let isInUse () : bool =
        let isBlas (line: string) = Path.GetFileName(line).Contains("blas", StringComparison.OrdinalIgnoreCase)
        OperatingSystem.IsLinux() && File.ReadLines "/proc/self/maps" |> Seq.exists isBlas

    let private hasAvx2 = Avx2.IsSupported && Fma.IsSupported
    let private hasAvx512 = Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx512CD.VL.IsSupported

    /// Chooses the kernels of a library that was loaded a moment ago, where that is possible and the user has not chosen.
    let choose (handle: nativeint) (core: string) : unit =
        let find symbol =
            let mutable entry = 0n
            if NativeLibrary.TryGetExport(handle, symbol, &entry) then Some(Marshal.GetDelegateForFunctionPointer<Initialise> entry) else None
        let isChosen = not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable Variable))
        if OperatingSystem.IsLinux() && not isChosen then
            match better core hasAvx2 hasAvx512, find "gotoblas_dynamic_quit", find "gotoblas_dynamic_init" with
            | Some kernels, Some quit, Some initialise ->
                if setenv (Variable, kernels, 1) = 0 then
                    quit.Invoke()
                    initialise.Invoke()
                    unsetenv Variable |> ignore
            | _ -> ()
