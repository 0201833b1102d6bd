namespace FuncAD

open System

/// <summary>Sums and their relatives, over all elements or over axes.</summary>
[<AutoOpen>]
module TensorReductions =
    module Tensor =
        /// <summary>The sum of all elements; each has slope 1.</summary>
        let sum (x: Tensor) : Real = (Tensor.SumTo(x, [||])).ElementAt 0
