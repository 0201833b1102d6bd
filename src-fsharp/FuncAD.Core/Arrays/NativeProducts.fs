namespace FuncAD

#nowarn "9" // pointers into pinned arrays

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// The C interface of BLAS ("Basic Linear Algebra Subprograms Technical Forum Standard", 2001, annex B) with 32-bit integers.
module internal Cblas =
    [<Literal>]
    let RowMajor = 101

    let transpose (flag: bool) = if flag then 112 else 111

    type Gemm =
        delegate of
            layout: int *
            transA: int *
            transB: int *
            m: int *
            n: int *
            k: int *
            alpha: float *
            a: nativeptr<float> *
            lda: int *
            b: nativeptr<float> *
            ldb: int *
            beta: float *
            c: nativeptr<float> *
            ldc: int ->
                unit

    type Gemv =
        delegate of
            layout: int *
            trans: int *
            m: int *
            n: int *
            alpha: float *
            a: nativeptr<float> *
            lda: int *
            x: nativeptr<float> *
            incX: int *
            beta: float *
            y: nativeptr<float> *
            incY: int ->
                unit

    // Numbers are passed in registers, where an int is the low half. BLIS counts threads in 64 bits, the others in 32.
    type Answer = delegate of unit -> nativeint
    type Tell = delegate of nativeint -> unit

/// <summary>
/// Products by a native BLAS. Its functions are called through delegates, which cost no more than a DllImport here (within 20 ns).
/// </summary>
[<Sealed>]
type internal NativeProducts
    private (name: string, gemm: Cblas.Gemm, gemv: Cblas.Gemv, getThreads: Cblas.Answer option, setThreads: Cblas.Tell option) =
    inherit Products()

    static let find (handle: nativeint) (symbol: string) : 'D option =
        let mutable entry = 0n
        if NativeLibrary.TryGetExport(handle, symbol, &entry) then Some(Marshal.GetDelegateForFunctionPointer<'D> entry) else None

    static let ask (handle: nativeint) (symbol: string) : nativeint option =
        find handle symbol |> Option.map (fun (answer: Cblas.Answer) -> answer.Invoke())

    override _.Name = name
    override _.IsNative = true

    override _.Threads
        with get () =
            match getThreads with
            | Some threads -> int (threads.Invoke())
            | None -> 1
        and set threads =
            match setThreads with
            | Some tell -> tell.Invoke(nativeint threads)
            | None -> ()

    override _.MatrixMatrix(transA, transB, m, n, k, alpha, a, b, beta, c) =
        let lda = if transA then m else k
        let ldb = if transB then k else n
        gemm.Invoke(Cblas.RowMajor, Cblas.transpose transA, Cblas.transpose transB, m, n, k, alpha, a, lda, b, ldb, beta, c, n)

    override _.MatrixVector(transA, rows, columns, alpha, a, x, beta, y) =
        // Some versions multiply y by a beta of 0 rather than clear it, which keeps NaN.
        if beta = 0.0 then Span<float>(NativePtr.toVoidPtr y, (if transA then columns else rows)).Clear()
        gemv.Invoke(Cblas.RowMajor, Cblas.transpose transA, rows, columns, alpha, a, columns, x, 1, beta, y, 1)

    /// <summary>
    /// The library of this name or path, if it can be loaded, has the functions needed and counts in 32 bits. Never throws. A library that
    /// is passed over stays loaded: some do not survive being unloaded.
    /// </summary>
    static member TryLoad(library: string) : Products option =
        let mutable handle = 0n
        if not (NativeLibrary.TryLoad(library, typeof<NativeProducts>.Assembly, Nullable(), &handle)) then
            None
        else
            let handle = handle
            let text symbol = ask handle symbol |> Option.map Marshal.PtrToStringUTF8 |> Option.defaultValue ""
            let config = text "openblas_get_config"
            let wide =
                config.Contains "USE64BITINT"
                || (ask handle "bli_info_get_blas_int_type_size" |> Option.exists (fun bits -> int bits = 64))
                || (Environment.GetEnvironmentVariable "MKL_INTERFACE_LAYER" |> Option.ofObj |> Option.exists _.StartsWith("ILP64"))
            match find handle "cblas_dgemm", find handle "cblas_dgemv" with
            | Some gemm, Some gemv when not wide ->
                let version = config.Split(' ') |> Array.truncate 2 |> String.concat " "
                let core = text "openblas_get_corename"
                let name = if version = "" then library else $"{version} ({library}, kernels for {core})"
                let getThreads =
                    [ "openblas_get_num_threads"; "MKL_Get_Max_Threads"; "bli_thread_get_num_threads" ] |> List.tryPick (find handle)
                let setThreads =
                    [ "openblas_set_num_threads"; "MKL_Set_Num_Threads"; "bli_thread_set_num_threads" ] |> List.tryPick (find handle)
                Some(NativeProducts(name, gemm, gemv, getThreads, setThreads))
            | _ -> None
