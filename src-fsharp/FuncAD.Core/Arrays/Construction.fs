namespace FuncAD

open System

/// <summary>How tensors are made.</summary>
[<AutoOpen>]
module TensorConstruction =
    module Tensor =
        /// <summary>A tensor of one value everywhere. It takes the memory of one number until its elements differ.</summary>
        let full (shape: int seq) (value: float) : Tensor =
            let shape = Seq.toArray shape
            Shape.check "full" shape
            Tensor.Uniform(value, shape)

        /// <summary>A tensor of zeros.</summary>
        let zeros (shape: int seq) : Tensor = full shape 0.0
