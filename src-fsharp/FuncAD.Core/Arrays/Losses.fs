namespace FuncAD

open FuncAD.Rules

/// <summary>Losses for fitting models to data: means over a batch.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorLosses =
    /// A loss compares one number with one other: what broadcasting would repeat is more likely a mistake than meant.
    let private expectOneShape operation (first: string) (a: Tensor) (second: string) (b: Tensor) =
        if not (Shape.areEqual (Tensor.Given(operation, a).Dimensions) (Tensor.Given(operation, b).Dimensions)) then
            Shape.fail
                operation
                $"expected {first} and {second} of one shape, got {Shape.text a.Dimensions} and {Shape.text b.Dimensions}. Reshape one of them, or broadcastTo where a number is meant for many."

    module Tensor =
        /// <summary>The mean of -log softmax(logits) at the label of each row; its gradient is (softmax - one-hot) / rows.</summary>
        /// <exception cref="T:System.ArgumentException">There is not one label for each row of a matrix of logits.</exception>
        let crossEntropy (labels: int[]) (logits: Tensor) : Real =
            let columns = Tensor.columnsOf "crossEntropy" (nameof labels) labels logits
            Tensor.mean (Tensor.Apply(LabelLoss(columns, logits.Dimensions), [| logits |])[0])

        /// <summary>The mean of -log of the probability of targets (0 or 1, or between): softplus(z) - t z for a logit z.</summary>
        /// <exception cref="T:System.ArgumentException">Targets and logits have different shapes.</exception>
        let binaryCrossEntropy (targets: Tensor) (logits: Tensor) : Real =
            expectOneShape "binaryCrossEntropy" "logits" logits "targets" targets
            Tensor.mean (Tensor.Binary(Exponentials.LogisticLoss(), logits, targets))

        /// <summary>The mean of (prediction - target)^2.</summary>
        /// <exception cref="T:System.ArgumentException">Targets and predictions have different shapes.</exception>
        let meanSquaredError (targets: Tensor) (predictions: Tensor) : Real =
            expectOneShape "meanSquaredError" "predictions" predictions "targets" targets
            let errors = predictions - targets
            Tensor.mean (errors * errors)
