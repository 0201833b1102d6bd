namespace FuncAD.Lanes

open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.Words

/// Powers' relatives on lanes.
module internal LanePowers =
    /// sqrt(a^2 + b^2), both scaled by a power of two where the larger is so large or so small that a square could overflow or underflow.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let hypot (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs a
        let b = 'V.Abs b
        let larger = 'V.MaxNumber(a, b)
        let huge = less (number 1e150) larger
        let tiny = less larger (number 1e-140)
        let one = number 1.0
        // 2^-600, 2^600
        let down = number 2.409919865102884e-181
        let up = number 4.149515568880993e+180
        let factor = select huge down (select tiny up one)
        let back = select huge up (select tiny down one)
        let p = a * factor
        let q = b * factor
        let y = 'V.Sqrt(fma p p (q * q)) * back
        select (equal larger (number inf)) (number inf) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let direction (x: 'V) (h: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let infinite = equal ('V.Abs x) (number inf)
        let y = select infinite (signedAs x (number 1.0)) (x / h)
        select (equal h (number 0.0)) (number 0.0) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let absorb (a: 'V) (p: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        select (equal a (number 0.0)) (number 0.0) (a * p)

/// Pieces on lanes.
module internal LanePieces =
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sign (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let one = signedAs x (number 1.0)
        let y = select (equal x (number 0.0)) (number 0.0) one
        select (equal x x) y x
