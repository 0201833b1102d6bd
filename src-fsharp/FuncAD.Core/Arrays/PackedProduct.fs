namespace FuncAD

#nowarn "9" // pointers into pinned arrays

open System
open System.Buffers
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Threading.Tasks
open Microsoft.FSharp.NativeInterop

/// Dense products of row-major matrices. A panel of columns of op(B), packed, meets a few rows of op(A) at a time, whose sums stay in
/// vector registers: 4 x 8 of them, or 8 x 16 where vectors have 512 bits. Packing makes both transpositions of B and its last columns one
/// case. Rows of A lie as they are; a transposed A is turned block by block. The plan is that of Goto and van de Geijn, "Anatomy of
/// high-performance matrix multiplication", 2008.
///
/// Every element of the product is one chain of fused additions over blocks of the inner length, whatever the vectors, the place of the
/// element and the number of threads: its bits depend on its row and its column alone.
///
/// The inner loops are optimised when they are first called: unoptimised, they would take fifty times as long until the runtime saw to it.
module internal PackedProduct =
    /// The depth of a panel: 256 rows of eight doubles are 16 kB, half of a first-level cache.
    [<Literal>]
    let private Depth = 256

    /// The rows of a transposed A that are turned at a time: 256 of depth 256 are 512 kB, part of a second-level cache.
    [<Literal>]
    let private Height = 256

    /// The least number of multiplications that a thread is worth.
    [<Literal>]
    let private Share = 500_000L

    /// Where a matrix lies: its first element, the step down a column and the step along a row.
    [<Struct; NoEquality; NoComparison>]
    type private Lying =
        { Start: nativeptr<float>
          Down: int
          Right: int }

        member x.At(row: int, column: int) : nativeptr<float> = NativePtr.add x.Start (row * x.Down + column * x.Right)

    /// What a block of sums is stored with: c <- alpha sums + beta c, with rows of c that are `Down` apart. Where beta is 0, c is not read.
    [<Struct; NoEquality; NoComparison>]
    type private Target =
        { Alpha: float
          Beta: float
          C: nativeptr<float>
          Down: int }

        member x.AtRow(row: int) : nativeptr<float> = NativePtr.add x.C (row * x.Down)

    /// Stores the first sums of a row, one by one.
    let private storeFirst (target: Target) (sums: nativeptr<float>) (c: nativeptr<float>) (width: int) =
        for j = 0 to width - 1 do
            let sum = target.Alpha * NativePtr.get sums j
            NativePtr.set c j (if target.Beta = 0.0 then sum else sum + target.Beta * NativePtr.get c j)

    /// Packs some columns of B, `width` of them there and the others zeros.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private pack (b: Lying) (depth: int) (width: int) (columns: int) (panel: nativeptr<float>) =
        if b.Right = 1 && width = columns then
            for p = 0 to depth - 1 do
                let row, out = NativePtr.add b.Start (p * b.Down), NativePtr.add panel (p * columns)
                for j in 0..4 .. columns - 1 do
                    Vector256.Store(Vector256.Load(NativePtr.add row j), NativePtr.add out j)
        else
            for j = 0 to columns - 1 do
                let mutable out = NativePtr.add panel j
                let mutable from = b.At(0, min j (width - 1))
                for _ in 1..depth do
                    NativePtr.write out (if j < width then NativePtr.read from else 0.0)
                    out <- NativePtr.add out columns
                    from <- NativePtr.add from b.Down

    /// out <- a, by rows of `depth` elements.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private turn (a: Lying) (height: int) (depth: int) (out: nativeptr<float>) =
        // four rows at a time, which lie next to each other
        for i in 0..4 .. height - 1 do
            for row = i to min (i + 4) height - 1 do
                let mutable from = a.At(row, 0)
                let into = NativePtr.add out (row * depth)
                for p = 0 to depth - 1 do
                    NativePtr.set into p (NativePtr.read from)
                    from <- NativePtr.add from a.Right

    [<SkipLocalsInit>]
    let private store256 (target: Target) (low: Vector256<float>) (high: Vector256<float>) (c: nativeptr<float>) (width: int) =
        if width = 8 then
            let low, high = low * target.Alpha, high * target.Alpha
            let right = NativePtr.add c 4
            if target.Beta = 0.0 then
                Vector256.Store(low, c)
                Vector256.Store(high, right)
            else
                Vector256.Store(low + Vector256.Load c * target.Beta, c)
                Vector256.Store(high + Vector256.Load right * target.Beta, right)
        else
            let sums = NativePtr.stackalloc<float> 8
            Vector256.Store(low, sums)
            Vector256.Store(high, NativePtr.add sums 4)
            storeFirst target sums c width

    /// Up to four rows of A and a panel of eight columns.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private block4x8 (a: Lying) (height: int) (depth: int) (panel: nativeptr<float>) (target: Target) (width: int) =
        // a row beyond the last is a copy of it, which is computed and not stored
        let row index = a.At(min index (height - 1), 0)
        let a0, a1, a2, a3 = row 0, row 1, row 2, row 3
        let mutable s00, s01 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s10, s11 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s20, s21 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s30, s31 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable at = 0
        let mutable b = panel
        for _ in 1..depth do
            let b0, b1 = Vector256.Load b, Vector256.Load(NativePtr.add b 4)
            let x0 = Vector256.Create(NativePtr.get a0 at)
            s00 <- Vector256.MultiplyAddEstimate(x0, b0, s00)
            s01 <- Vector256.MultiplyAddEstimate(x0, b1, s01)
            let x1 = Vector256.Create(NativePtr.get a1 at)
            s10 <- Vector256.MultiplyAddEstimate(x1, b0, s10)
            s11 <- Vector256.MultiplyAddEstimate(x1, b1, s11)
            let x2 = Vector256.Create(NativePtr.get a2 at)
            s20 <- Vector256.MultiplyAddEstimate(x2, b0, s20)
            s21 <- Vector256.MultiplyAddEstimate(x2, b1, s21)
            let x3 = Vector256.Create(NativePtr.get a3 at)
            s30 <- Vector256.MultiplyAddEstimate(x3, b0, s30)
            s31 <- Vector256.MultiplyAddEstimate(x3, b1, s31)
            at <- at + a.Right
            b <- NativePtr.add b 8
        store256 target s00 s01 target.C width
        if height > 1 then store256 target s10 s11 (target.AtRow 1) width
        if height > 2 then store256 target s20 s21 (target.AtRow 2) width
        if height > 3 then store256 target s30 s31 (target.AtRow 3) width

    [<SkipLocalsInit>]
    let private store512 (target: Target) (low: Vector512<float>) (high: Vector512<float>) (c: nativeptr<float>) (width: int) =
        if width = 16 then
            let low, high = low * target.Alpha, high * target.Alpha
            let right = NativePtr.add c 8
            if target.Beta = 0.0 then
                Vector512.Store(low, c)
                Vector512.Store(high, right)
            else
                Vector512.Store(low + Vector512.Load c * target.Beta, c)
                Vector512.Store(high + Vector512.Load right * target.Beta, right)
        else
            let sums = NativePtr.stackalloc<float> 16
            Vector512.Store(low, sums)
            Vector512.Store(high, NativePtr.add sums 8)
            storeFirst target sums c width

    /// Up to eight rows of A and a panel of sixteen columns.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private block8x16 (a: Lying) (height: int) (depth: int) (panel: nativeptr<float>) (target: Target) (width: int) =
        let row index = a.At(min index (height - 1), 0)
        let a0, a1, a2, a3, a4, a5, a6, a7 = row 0, row 1, row 2, row 3, row 4, row 5, row 6, row 7
        let mutable s00, s01, s10, s11 = Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero
        let mutable s20, s21, s30, s31 = Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero
        let mutable s40, s41, s50, s51 = Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero
        let mutable s60, s61, s70, s71 = Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero
        let mutable at = 0
        let mutable b = panel
        for _ in 1..depth do
            let b0, b1 = Vector512.Load b, Vector512.Load(NativePtr.add b 8)
            let x0 = Vector512.Create(NativePtr.get a0 at)
            s00 <- Vector512.MultiplyAddEstimate(x0, b0, s00)
            s01 <- Vector512.MultiplyAddEstimate(x0, b1, s01)
            let x1 = Vector512.Create(NativePtr.get a1 at)
            s10 <- Vector512.MultiplyAddEstimate(x1, b0, s10)
            s11 <- Vector512.MultiplyAddEstimate(x1, b1, s11)
            let x2 = Vector512.Create(NativePtr.get a2 at)
            s20 <- Vector512.MultiplyAddEstimate(x2, b0, s20)
            s21 <- Vector512.MultiplyAddEstimate(x2, b1, s21)
            let x3 = Vector512.Create(NativePtr.get a3 at)
            s30 <- Vector512.MultiplyAddEstimate(x3, b0, s30)
            s31 <- Vector512.MultiplyAddEstimate(x3, b1, s31)
            let x4 = Vector512.Create(NativePtr.get a4 at)
            s40 <- Vector512.MultiplyAddEstimate(x4, b0, s40)
            s41 <- Vector512.MultiplyAddEstimate(x4, b1, s41)
            let x5 = Vector512.Create(NativePtr.get a5 at)
            s50 <- Vector512.MultiplyAddEstimate(x5, b0, s50)
            s51 <- Vector512.MultiplyAddEstimate(x5, b1, s51)
            let x6 = Vector512.Create(NativePtr.get a6 at)
            s60 <- Vector512.MultiplyAddEstimate(x6, b0, s60)
            s61 <- Vector512.MultiplyAddEstimate(x6, b1, s61)
            let x7 = Vector512.Create(NativePtr.get a7 at)
            s70 <- Vector512.MultiplyAddEstimate(x7, b0, s70)
            s71 <- Vector512.MultiplyAddEstimate(x7, b1, s71)
            at <- at + a.Right
            b <- NativePtr.add b 16
        store512 target s00 s01 target.C width
        if height > 1 then store512 target s10 s11 (target.AtRow 1) width
        if height > 2 then store512 target s20 s21 (target.AtRow 2) width
        if height > 3 then store512 target s30 s31 (target.AtRow 3) width
        if height > 4 then store512 target s40 s41 (target.AtRow 4) width
        if height > 5 then store512 target s50 s51 (target.AtRow 5) width
        if height > 6 then store512 target s60 s61 (target.AtRow 6) width
        if height > 7 then store512 target s70 s71 (target.AtRow 7) width

    /// The product of some rows of A, of limited depth, with all columns of B.
    [<SkipLocalsInit>]
    let private multiplyBlock (a: Lying) (b: Lying) (m: int) (n: int) (depth: int) (target: Target) =
        let isWide = Widest.Bits = 512 && n > 8 && m > 4
        let panel = NativePtr.stackalloc<float>(depth * (if isWide then 16 else 8))
        let mutable j = 0
        while j < n do
            // a few columns or rows would fill the wider registers with copies
            let isWide = isWide && n - j > 8
            let struct (rows, columns) = if isWide then struct (8, 16) else struct (4, 8)
            let width = min columns (n - j)
            pack { b with Start = b.At(0, j) } depth width columns panel
            let mutable i = 0
            while i < m do
                let rowsOfA = { a with Start = a.At(i, 0) }
                let target = { target with C = NativePtr.add (target.AtRow i) j }
                if isWide then
                    block8x16 rowsOfA (min rows (m - i)) depth panel target width
                else
                    block4x8 rowsOfA (min rows (m - i)) depth panel target width
                i <- i + rows
            j <- j + columns

    /// The product of some rows of A with some columns of B.
    let private multiplyPart (a: Lying) (b: Lying) (m: int) (n: int) (k: int) (target: Target) =
        // A column of A in steps of a row's length would meet a cache line for each of its numbers, once for each panel.
        let isTurned = a.Right <> 1 && n > 16 && m > 8
        let buffer = if isTurned then ArrayPool.Shared.Rent(min m Height * min k Depth) else Array.Empty()
        use turned = fixed buffer
        let mutable p = 0
        while p < k do
            let depth = min Depth (k - p)
            let target = if p = 0 then target else { target with Beta = 1.0 }
            let b = { b with Start = b.At(p, 0) }
            if not isTurned then
                multiplyBlock { a with Start = a.At(0, p) } b m n depth target
            else
                let mutable i = 0
                while i < m do
                    let height = min Height (m - i)
                    turn { a with Start = a.At(i, p) } height depth turned
                    multiplyBlock { Start = turned; Down = depth; Right = 1 } b height n depth { target with C = target.AtRow i }
                    i <- i + Height
            p <- p + Depth
        if isTurned then ArrayPool.Shared.Return buffer

    /// C <- alpha op(A) op(B) + beta C for m, n, k > 0, by up to so many threads. Where beta is 0, C is not read.
    let multiply
        (threads: int)
        (transA: bool)
        (transB: bool)
        (m: int)
        (n: int)
        (k: int)
        (alpha: float)
        (a: nativeptr<float>)
        (b: nativeptr<float>)
        (beta: float)
        (c: nativeptr<float>)
        =
        let a = if transA then { Start = a; Down = 1; Right = m } else { Start = a; Down = k; Right = 1 }
        let b = if transB then { Start = b; Down = 1; Right = k } else { Start = b; Down = n; Right = 1 }
        let target = { Alpha = alpha; Beta = beta; C = c; Down = n }
        let parts = int (min (int64 threads) (int64 m * int64 n * int64 k / Share))
        if parts <= 1 then
            multiplyPart a b m n k target
        else
            // whole blocks of rows, or of columns, to each thread
            let isByRows = m >= n
            let struct (extent, unit) = if isByRows then struct (m, 8) else struct (n, 16)
            let share = (extent / unit + parts) / parts * unit
            let part index =
                let from = index * share
                let count = min share (extent - from)
                if count > 0 then
                    if isByRows then
                        multiplyPart { a with Start = a.At(from, 0) } b count n k { target with C = target.AtRow from }
                    else
                        multiplyPart a { b with Start = b.At(0, from) } m count k { target with C = NativePtr.add c from }
            Parallel.For(0, parts, ParallelOptions(MaxDegreeOfParallelism = parts), part) |> ignore
