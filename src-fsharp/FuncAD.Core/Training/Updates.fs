namespace FuncAD

open System
open Microsoft.FSharp.NativeInterop
open FuncAD.Rules

// Vectors are loaded from addresses.
#nowarn "9"

/// <summary>
/// One step of an optimiser for a number p: from its gradient g and its moments m and v to the next p, m and v. It is written once for all
/// carriers: constant arrays run it on SIMD lanes, and numbers and arrays that are being differentiated run the same code, so that a step
/// can be differentiated.
/// </summary>
type internal IUpdate =
    /// The number of moments that the method uses: 0, 1 (m) or 2 (m and v). The others are returned unchanged.
    abstract Moments: int
    abstract Apply<'T when 'T :> ICarrier<'T>> : rate: 'T * p: 'T * g: 'T * m: 'T * v: 'T -> struct ('T * 'T * 'T)

/// <summary>The methods' formulas.</summary>
module internal Updates =
    open FuncAD.Algebra

    /// p' = p - rate g
    [<Struct>]
    type Descent =
        interface IUpdate with
            member _.Moments = 0
            member _.Apply(rate, p, g, m, v) = struct (p - rate * g, m, v)

    /// <summary>
    /// m' = momentum m - rate g and p' = p + m' (Polyak 1964, equation 9: the heavy ball), or p' = p + momentum m' - rate g with Nesterov's
    /// look-ahead (Sutskever, Martens, Dahl and Hinton 2013, equations 3 and 4, written for the look-ahead point).
    /// </summary>
    [<Struct>]
    type Momentum(momentum: float, nesterov: bool) =
        interface IUpdate with
            member _.Moments = 1

            member _.Apply(rate, p, g, m, v) =
                let pull = rate * g
                let velocity = number momentum * m - pull
                struct ((if nesterov then p + (number momentum * velocity - pull) else p + velocity), velocity, v)

    /// <summary>
    /// m' = beta1 m + (1 - beta1) g, v' = beta2 v + (1 - beta2) g^2 and p' = p - rate (unbias1 m' / (unbias2 sqrt v' + epsilon) + decay p),
    /// where unbias1 = 1 / (1 - beta1^t) and unbias2 = 1 / sqrt(1 - beta2^t) at step t (Kingma and Ba 2015, algorithm 1, with the decay of
    /// Loshchilov and Hutter 2019, algorithm 2).
    /// </summary>
    [<Struct>]
    type Adam(beta1: float, beta2: float, epsilon: float, decay: float, unbias1: float, unbias2: float) =
        interface IUpdate with
            member _.Moments = 2

            member _.Apply(rate, p, g, m, v) =
                let m = number beta1 * m + number (Plain.subtract 1.0 beta1) * g
                let v = number beta2 * v + number (Plain.subtract 1.0 beta2) * (g * g)
                let step = number unbias1 * m / (number unbias2 * unary (Powers.RootOfSquares()) v + number epsilon)
                struct (p - rate * (if decay = 0.0 then step else step + number decay * p), m, v)

/// <summary>The loop over constant arrays: one pass, which allocates the results only.</summary>
[<Struct>]
type internal UpdateLoop<'U when 'U: struct and 'U :> IUpdate>
    (update: 'U, rate: float, p: float[], g: float[], m: float[], v: float[], nextP: float[], nextM: float[], nextV: float[]) =
    interface IAtAnyWidth with
        member _.Run<'V when 'V: struct and 'V :> ILanes<'V>>() : unit =
            let update = update // a field of a struct cannot be captured by moment
            use p' = fixed p
            use g' = fixed g
            use m' = fixed m
            use v' = fixed v
            use nextP' = fixed nextP
            use nextM' = fixed nextM
            use nextV' = fixed nextV
            let inline load source place : 'V = 'V.Load(NativePtr.add source place)
            let whole = p.Length - p.Length % 'V.Count
            let mutable i = 0
            while i < whole do
                let struct (newP, newM, newV) =
                    update.Apply<'V>(
                        // A moment that the method does not use is neither read nor written: 0 stands for it.
                        'V.Constant rate,
                        load p' i,
                        load g' i,
                        (if update.Moments >= 1 then load m' i else 'V.Constant 0.0),
                        (if update.Moments >= 2 then load v' i else 'V.Constant 0.0)
                    )
                'V.Store(newP, NativePtr.add nextP' i)
                if update.Moments >= 1 then 'V.Store(newM, NativePtr.add nextM' i)
                if update.Moments >= 2 then 'V.Store(newV, NativePtr.add nextV' i)
                i <- i + 'V.Count
            while i < p.Length do
                let moment kept (x: float[]) = PlainDouble(if update.Moments >= kept then x[i] else 0.0)
                let struct (newP, newM, newV) =
                    update.Apply<PlainDouble>(PlainDouble rate, PlainDouble p[i], PlainDouble g[i], moment 1 m, moment 2 v)
                nextP[i] <- newP.Value
                if update.Moments >= 1 then nextM[i] <- newM.Value
                if update.Moments >= 2 then nextV[i] <- newV.Value
                i <- i + 1
[<AbstractClass; Sealed>]
type internal ArrayUpdate =

    /// The next parameters and moments.
    static member Run<'U when 'U: struct and 'U :> IUpdate>
        (update: 'U, rate: float, p: Tensor, g: Tensor, m: Tensor, v: Tensor)
        : struct (Tensor * Tensor * Tensor) =
        let read isKept (x: Tensor) = if isKept then x.Elements else Array.Empty()
        let next isKept = if isKept then GC.AllocateUninitializedArray<float> p.Length else Array.Empty()
        let hasM, hasV = update.Moments >= 1, update.Moments >= 2
        let p', g', m', v' = p.Elements, g.Elements, read hasM m, read hasV v
        let nextP, nextM, nextV = next true, next hasM, next hasV
        Widest.Run(UpdateLoop<'U>(update, rate, p', g', m', v', nextP, nextM, nextV))
        let moment isKept next old = if isKept then Tensor(next, p.Dimensions, null) else old
        struct (Tensor(nextP, p.Dimensions, null), moment hasM nextM m, moment hasV nextV v)

/// <summary>A step over all parts of a structure.</summary>
module internal Update =
    let private array
        (update: 'U)
        (rate: Real)
        (p: Tensor)
        (g: Tensor)
        (m: Tensor)
        (v: Tensor)
        : struct (Tensor * Tensor * Tensor) when 'U: struct and 'U :> IUpdate =
        let p, g, m, v, rate = p.Live, g.Live, m.Live, v.Live, rate.Live
        if isNull rate.node && isNull (Tensor.Highest [| p; g; m; v |]) then
            ArrayUpdate.Run(update, rate.value, p, g, m, v)
        else
            update.Apply<Tensor>(Tensor.Of rate, p, g, m, v)

    /// The next parameters and moments.
    let run
        (update: 'U)
        (rate: Real)
        (p: Leaves)
        (g: Leaves)
        (m: Leaves)
        (v: Leaves)
        : struct (Leaves * Leaves * Leaves) when 'U: struct and 'U :> IUpdate =
        let numbers =
            Array.init p.Numbers.Length (fun i -> update.Apply<Real>(rate, p.Numbers[i], g.Numbers[i], m.Numbers[i], v.Numbers[i]))
        let arrays = Array.init p.Arrays.Length (fun i -> array update rate p.Arrays[i] g.Arrays[i] m.Arrays[i] v.Arrays[i])
        struct ({ Numbers = numbers |> Array.map (fun struct (p, _, _) -> p); Arrays = arrays |> Array.map (fun struct (p, _, _) -> p) },
                { Numbers = numbers |> Array.map (fun struct (_, m, _) -> m); Arrays = arrays |> Array.map (fun struct (_, m, _) -> m) },
                { Numbers = numbers |> Array.map (fun struct (_, _, v) -> v); Arrays = arrays |> Array.map (fun struct (_, _, v) -> v) })
