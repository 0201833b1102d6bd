namespace FuncAD

open FuncAD.Rules

/// <summary>What is minimised when models are fitted to data: means over a batch.</summary>
[<AutoOpen>]
module TensorLosses =
    module Tensor =
        /// <summary>The mean of -log softmax(logits) at the label of each row; its gradient is (softmax - one-hot) / rows.</summary>
        /// <exception cref="T:System.ArgumentException">There is not one label for each row of a matrix of logits.</exception>
        let crossEntropy (labels: int[]) (logits: Tensor) : Real =
            let columns = Tensor.columnsOf "crossEntropy" labels logits
            Tensor.mean (Tensor.Apply(LabelLoss(columns, logits.Dimensions), [| logits |])[0])

        /// <summary>The mean of -log of the probability of targets (0 or 1, or between): softplus(z) - t z for a logit z.</summary>
        let binaryCrossEntropy (targets: Tensor) (logits: Tensor) : Real = Tensor.mean (Tensor.Binary(Exponentials.LogisticLoss(), logits, targets))

        /// <summary>The mean of (prediction - target)^2.</summary>
        let meanSquaredError (targets: Tensor) (predictions: Tensor) : Real =
            let errors = predictions - targets
            Tensor.mean (errors * errors)
