x of ignore/question-marks
