# Does the software find what is known? Full and Count between two GRUs of a
# counting task: Full transfers, Count only between Multi-Object GRUs.

SCIENCE_M := $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT),$(WITHIN))
SCIENCE_S := $(call pairs,$(GRU_SAME_OBJECT),$(GRU_SAME_OBJECT),$(WITHIN))

SCIENCE := \
    $(call each-mas,$(SCIENCE_M),full full) \
    $(call each-mas,$(SCIENCE_M),count count) \
    $(call each-mas,$(SCIENCE_S),full full) \
    $(call each-mas,$(SCIENCE_S),count count)

SCIENCE_RSA := $(call rsa,$(GRU_MULTI_OBJECT)-s1,$(GRU_MULTI_OBJECT)-s2) $(call rsa,$(GRU_MULTI_OBJECT)-s1,$(GRU_SAME_OBJECT)-s1) \
    $(call rsa,$(GRU_SAME_OBJECT)-s1,$(GRU_SAME_OBJECT)-s2)

$(eval $(call figure,science,$(SCIENCE),,,$(SCIENCE_RSA)))

.PHONY: test-science
test-science: science  ## align a Multi-Object and a Same-Object pair: numbers
	@cut -f 1-4,8,12-15 $(D)/science/science.tsv
