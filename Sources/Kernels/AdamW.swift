import CKernels

/// The numbers of one optimiser step that all parameters share.
///
/// `correction1` = 1 − beta1ᵗ and `correction2` = 1 − beta2ᵗ undo the bias of zero moments at step
/// t; `gradientScale` multiplies the gradient first, which is how clipping is applied.
package struct AdamWStep: Sendable {
  package var learningRate: Float
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float
  package var weightDecay: Float
  package var correction1: Float
  package var correction2: Float
  package var gradientScale: Float

  package init(
    learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
    correction1: Float, correction2: Float, gradientScale: Float
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.correction1 = correction1
    self.correction2 = correction2
    self.gradientScale = gradientScale
  }
}

/// One AdamW update, in place; all buffers are [count].
///
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
package func adamW(
  _ step: AdamWStep, parameters: Floats, gradients: ConstFloats, firstMoments: Floats,
  secondMoments: Floats, count: Int
) {
  var numbers = ck_adamw_step(
    learning_rate: step.learningRate, beta1: step.beta1, beta2: step.beta2,
    epsilon: step.epsilon, weight_decay: step.weightDecay, correction1: step.correction1,
    correction2: step.correction2, gradient_scale: step.gradientScale)
  ck_adamw(&numbers, parameters, gradients, firstMoments, secondMoments, count)
}
